import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { projectsWithCopies } from './copied-packages'

const root = join(__dirname, '../../../..')

/** What the compiler says to the consumer's files when it writes their declarations, with the place of each fault. */
function faultsIn(project: string, resolution: ts.CompilerOptions): string[] {
  const sources = ts.sys.readDirectory(join(project, 'src'), ['.ts'])
  const program = ts.createProgram(sources, {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    declaration: true,
    skipLibCheck: true,
    ...resolution,
  })
  return [
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(),
    ...program.getDeclarationDiagnostics(),
  ].map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
    return `${file?.fileName.slice(project.length) ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

describe('a library that exports what it made with GenPool', () => {
  const sources = join(__dirname, 'consumer')
  let projects: ReturnType<typeof projectsWithCopies>
  beforeAll(() => {
    projects = projectsWithCopies()
  })
  afterAll(() => rmSync(projects.folder, { recursive: true, force: true }))

  it('builds its declarations with moduleResolution nodenext', () => {
    cpSync(sources, join(projects.flat, 'src'), { recursive: true })
    const resolution = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
    expect(faultsIn(projects.flat, resolution)).toEqual([])
  })

  it('builds them with moduleResolution bundler, and where it can import no package that it does not depend on', () => {
    cpSync(join(sources, 'core-only'), join(projects.strict, 'src'), { recursive: true })
    const resolution = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
    expect(faultsIn(projects.strict, resolution)).toEqual([])
  })

  describe.each(['typescript-5', 'typescript-7'])('with %s', (version) => {
    it.each([
      ['nodenext', 'nodenext', 'flat', sources],
      ['bundler', 'esnext', 'strict', join(sources, 'core-only')],
    ] as const)('builds its declarations with moduleResolution %s', (resolution, module, name, from) => {
      const project = projects[name]
      cpSync(from, join(project, 'src'), { recursive: true })
      const compilerOptions = {
        ...{ strict: true, target: 'es2022', lib: ['es2023', 'dom'], types: [], skipLibCheck: true },
        ...{ module, moduleResolution: resolution, declaration: true, rootDir: 'src', outDir: `out-${version}` },
      }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
      const tsc = join(root, 'node_modules', version, 'bin', 'tsc')
      const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' })
      expect([stdout, status]).toEqual(['', 0])
      expect(ts.sys.readDirectory(join(project, `out-${version}`), ['.d.ts'])).not.toEqual([])
    })
  })

  describe.each(['typescript', 'typescript-5', 'typescript-7'])(
    'with %s, where declarations are checked too',
    (version) => {
      it('can import a clock for its tests without fast-check', () => {
        const project = join(projects.flat, `clock-${version}`)
        const compilerOptions = {
          ...{ strict: true, target: 'es2022', lib: ['es2023', 'dom'], types: ['node'], skipLibCheck: false },
          ...{ module: 'nodenext', moduleResolution: 'nodenext', noEmit: true },
        }
        for (const folder of ['src', 'node_modules/@types']) mkdirSync(join(project, folder), { recursive: true })
        symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'), 'junction')
        const source = "import { virtualClock } from '@genpool/core/testing'\nexport const now = virtualClock().now()\n"
        writeFileSync(join(project, 'src/clock.ts'), source)
        writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
        const tsc = join(root, 'node_modules', version, 'bin', 'tsc')
        const { stdout } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' })
        expect(stdout.split('\n').filter((line) => /fast-check|@genpool/.test(line))).toEqual([])
      })
    },
  )
})
