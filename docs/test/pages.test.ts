import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenLinks, markdownIn } from './pages/links'
import { localLinksOf, programsOf } from './pages/markdown'
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
const pages = files.map((file) => ({ file, programs: programsOf(readFileSync(join(root, file), 'utf8')) }))
const programs = pages.flatMap(({ file, programs }) =>
  programs.map((program) => ({ file, line: program.line, program })),
)

describe('the pages', () => {
  afterEach(closeConnections)
  afterAll(endServers)

  it('have programs, the README among them', () => {
    expect(pages[0]!.programs.length).toBeGreaterThan(0)
  })

  it('have programs with correct types', () => {
    expect(typeFaults(pages)).toEqual([])
  })

  it.each(files)('%s has no broken links', (file) => {
    expect(brokenLinks(root, file)).toEqual([])
  })

  it.each(ofPackages)('%s stands alone: the registry shows it without the repository', (file) => {
    expect(localLinksOf(readFileSync(join(root, file), 'utf8')).map(({ target }) => target)).toEqual([])
  })

  it.each(programs)('$file:$line does what it says', async ({ file, program }) => {
    expect(await runProgram(program, withNats(require), join(root, file))).toBeGreaterThan(0)
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
