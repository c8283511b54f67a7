import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { projectWithCopies } from './copied-packages'

/** What the compiler says to the consumer's files when it writes their declarations, with the place of each fault. */
function faultsIn(folder: string, resolution: ts.CompilerOptions): string[] {
  const sources = ts.sys.readDirectory(join(folder, 'project/src'), ['.ts'])
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
    return `${file?.fileName.slice(folder.length) ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

describe('a library that exports what it made with GenPool', () => {
  let folder: string
  beforeAll(() => {
    folder = projectWithCopies()
    cpSync(join(__dirname, 'consumer'), join(folder, 'project/src'), { recursive: true })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('builds its declarations with moduleResolution nodenext', () => {
    const { NodeNext } = ts.ModuleKind
    const resolution = { module: NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
    expect(faultsIn(folder, resolution)).toEqual([])
  })

  it('builds its declarations with moduleResolution bundler', () => {
    const resolution = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
    expect(faultsIn(folder, resolution)).toEqual([])
  })
})
