import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brokenLinks, markdownIn } from './pages/links'
import { filesOf, localLinksOf, type Program, programsOf } from './pages/markdown'
import { closeConnections, endServers, withNats } from './pages/nats'
import { runProgram } from './pages/run'
import { typeFaults } from './pages/types'

const root = join(__dirname, '..', '..')
const ofPackages = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name, 'README.md'))
  .filter((file) => existsSync(join(root, file)))
const files = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  ...ofPackages,
  ...markdownIn(root, 'docs'),
]
const pages = files.map((file) => {
  const text = readFileSync(join(root, file), 'utf8')
  return { file, programs: programsOf(text), loads: filesOf(text) }
})
const programs = pages.flatMap(({ file, programs, loads }) =>
  programs.map((program) => ({ file, line: program.line, program, loads })),
)
/** Inside the repository, so that what is loaded finds what is installed. */
const saving = join(root, 'node_modules', '.cache', 'genpool-pages')

/** Where a program runs: at its page, or beside the files that it loads. */
function placeOf(file: string, loads: ReadonlyMap<string, Program>): string {
  if (loads.size === 0) return join(root, file)
  mkdirSync(saving, { recursive: true })
  const folder = mkdtempSync(join(saving, 'page-'))
  for (const [name, { code }] of loads) writeFileSync(join(folder, name), code)
  return join(folder, 'main.ts')
}

describe('the pages', () => {
  afterEach(closeConnections)
  afterAll(endServers)
  afterAll(() => rmSync(saving, { recursive: true, force: true }))

  it('have programs, the README among them', () => {
    expect(pages[0]!.programs.length).toBeGreaterThan(0)
  })

  it('have programs with correct types', () => {
    const modules = pages.flatMap(({ file, loads }) =>
      [...loads].map(([name, { code }]) => [join(root, dirname(file), name), code] as const),
    )
    const all = pages.map(({ file, programs, loads }) => ({ file, programs: [...programs, ...loads.values()] }))
    expect(typeFaults(all, new Map(modules))).toEqual([])
  })

  it.each(files)('%s has no broken links', (file) => {
    expect(brokenLinks(root, file)).toEqual([])
  })

  it.each(ofPackages)('%s stands alone: the registry shows it without the repository', (file) => {
    expect(localLinksOf(readFileSync(join(root, file), 'utf8')).map(({ target }) => target)).toEqual([])
  })

  it.each(programs)('$file:$line does what it says', async ({ file, program, loads }) => {
    expect(await runProgram(program, withNats(require), placeOf(file, loads))).toBeGreaterThan(0)
  })
})

describe('broken links', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'genpool-links-'))
    mkdirSync(join(folder, 'docs', 'guide'), { recursive: true })
    writeFileSync(
      join(folder, 'docs', 'guide', 'a.md'),
      '[b](./b) [c](/guide/b.md) [d](/guide/b#a-part) [api](/api/index.html)',
    )
    writeFileSync(join(folder, 'docs', 'guide', 'b.md'), '# A part\n[a](a#a)\n\n[x](/x) [y](#a-part)')
    writeFileSync(join(folder, 'README.md'), '[b](docs/guide/b.md#a-part) [no](docs/guide/b)')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('are found beside the page and from the root of the site', () => {
    expect(markdownIn(folder, 'docs').flatMap((file) => brokenLinks(folder, file))).toEqual([
      'docs/guide/b.md:2: a has no heading #a',
      'docs/guide/b.md:4: /x does not exist',
    ])
  })

  it('outside the site need the full file name', () => {
    expect(brokenLinks(folder, 'README.md')).toEqual(['README.md:1: docs/guide/b does not exist'])
  })
})
