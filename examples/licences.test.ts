import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseManifest, readPackage } from './licences/manifest'
import { countFiles, packagesIn } from './licences/packages'
import { lines } from './licences/progress'
import { surveyInALoop, surveyWithPool } from './licences/survey'
import { addTo, duplicatesOf, emptyTally, largest, sameTally } from './licences/tally'

let root: string
const at = (...parts: string[]): string => join(root, ...parts)

function put(path: string, content: unknown): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), typeof content === 'string' ? content : JSON.stringify(content))
}

/** A tree with packages as pnpm and npm install them, and with old and broken ones. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'genpool-licences-'))
  const store = 'node_modules/.pnpm'
  put(`${store}/a@1.0.0/node_modules/a/package.json`, {
    name: 'a',
    version: '1.0.0',
    license: 'MIT',
    author: 'Ann <ann@example.org>',
  })
  put(`${store}/a@1.0.0/node_modules/a/lib/index.js`, '')
  // A manifest among a package's own files does not count, however broken it is.
  put(`${store}/a@1.0.0/node_modules/a/test/fixtures/package.json`, '{ "name": ')
  put(`${store}/a@2.0.0/node_modules/a/package.json`, {
    name: 'a',
    version: '2.0.0',
    licenses: [{ type: 'MIT' }, 'ISC'],
  })
  put(`${store}/@s+b@1.0.0/node_modules/@s/b/package.json`, {
    name: '@s/b',
    version: '1.0.0',
    license: { type: 'Apache-2.0', url: 'https://example.org' },
    maintainers: [{ name: 'Ann' }, 'Bob (https://example.org)'],
  })
  put(`${store}/broken@1.0.0/node_modules/broken/package.json`, '{ "name": "broken", ')
  put('node_modules/old/package.json', { name: 'old', version: '0.1.0' })
  put('node_modules/old/node_modules/inner/package.json', { name: 'inner', version: '1.0.0', license: 'ISC' })
  put('node_modules/.cache/x/package.json', { name: 'x', version: '1.0.0' })
  put('packages/mine/package.json', { name: 'mine', version: '1.0.0' })
  symlinkSync(at(store, 'a@1.0.0/node_modules/a'), at('node_modules/a'), 'dir')
  symlinkSync(at('packages/mine'), at('node_modules/mine'), 'dir')
  mkdirSync(at('packages/mine/node_modules'))
  symlinkSync(at(store, 'a@2.0.0/node_modules/a'), at('packages/mine/node_modules/a'), 'dir')
  symlinkSync(root, at(store, 'a@1.0.0/node_modules/loop'), 'dir')
  symlinkSync(root, at('packages/loop'), 'dir')
})
afterAll(() => rmSync(root, { recursive: true }))

const names = (folders: readonly string[]): string[] =>
  folders.map((folder) => folder.slice(root.length + 1).replace(/^node_modules\/(\.pnpm\/)?/, '')).sort()

describe('the packages below a folder', () => {
  const all = [
    '@s+b@1.0.0/node_modules/@s/b',
    'a@1.0.0/node_modules/a',
    'a@2.0.0/node_modules/a',
    'broken@1.0.0/node_modules/broken',
    'old',
    'old/node_modules/inner',
  ]

  it('are the real folders in node_modules, each once, and no fixtures, caches or own packages', async () => {
    expect(names(await packagesIn(root))).toEqual(all)
  })

  it('are the same from node_modules itself', async () => {
    expect(names(await packagesIn(at('node_modules')))).toEqual(all)
  })

  it('are none in an empty folder', async () => {
    expect(await packagesIn(at('packages', 'mine'))).toEqual([])
  })

  it('have files, without those of packages inside them', async () => {
    expect(await countFiles(at('node_modules', '.pnpm', 'a@1.0.0', 'node_modules', 'a'))).toBe(3)
    expect(await countFiles(at('node_modules', 'old'))).toBe(1)
  })
})

describe('a manifest', () => {
  const base = { name: 'a', version: '1.0.0' }
  const licence = (fields: object) => parseManifest(JSON.stringify({ ...base, ...fields })).licence
  const people = (fields: object) => parseManifest(JSON.stringify({ ...base, ...fields })).people

  it.each([
    [{ license: 'MIT' }, 'MIT'],
    [{ license: ' (MIT OR ISC) ' }, '(MIT OR ISC)'],
    [{ license: { type: 'MIT', url: '' } }, 'MIT'],
    [{ licenses: [{ type: 'MIT' }, { type: 'ISC' }] }, 'MIT OR ISC'],
    [{ license: ['MIT', 'MIT'] }, 'MIT'],
    [{ licence: 'MIT' }, 'MIT'],
    [{}, 'none stated'],
    [{ license: '' }, 'none stated'],
    [{ license: 7 }, 'none stated'],
  ])('states its licence: %j', (fields, expected) => {
    expect(licence(fields)).toBe(expected)
  })

  it.each([
    [{ author: 'Ann <a@b.c> (https://a.b)' }, ['Ann']],
    [{ author: { name: 'Ann' }, maintainers: ['Ann', { name: 'Bob' }, { email: 'x@y.z' }] }, ['Ann', 'Bob']],
    [{ author: '<a@b.c>' }, []],
    [{}, []],
  ])('names its people: %j', (fields, expected) => {
    expect(people(fields)).toEqual(expected)
  })

  it('may begin with a byte order mark', () => {
    expect(parseManifest(`\uFEFF${JSON.stringify(base)}`).name).toBe('a')
  })

  it.each([
    ['{', 'JSON'],
    ['[]', 'not an object'],
    ['null', 'not an object'],
    ['{"version":"1.0.0"}', 'no "name"'],
    ['{"name":"a","version":1}', 'no "version"'],
  ])('is malformed: %s', (text, reason) => {
    expect(() => parseManifest(text)).toThrow(reason)
  })

  it('that cannot be read is a result, too', async () => {
    expect(await readPackage(at('nowhere'))).toEqual({
      folder: at('nowhere'),
      reason: expect.stringContaining('ENOENT'),
    })
  })
})

describe('a tally', () => {
  const facts = (name: string, version: string) => ({
    folder: '',
    name,
    version,
    licence: 'MIT',
    people: ['Ann'],
    files: 2,
  })

  it('counts names that every object has, like any other name', () => {
    const tally = emptyTally()
    addTo(tally, { ...facts('constructor', '1.0.0'), licence: 'toString', people: ['valueOf'] })
    expect(tally.versions).toEqual({ constructor: ['1.0.0'] })
    expect(tally.licences).toEqual({ toString: 1 })
    expect(tally.people).toEqual({ valueOf: 1 })
  })

  it('is the same whatever the order of reading, and not if one is missing', () => {
    const read = [facts('a', '1.0.0'), facts('a', '2.0.0'), { folder: 'x', reason: 'r' }, { folder: 'y', reason: 'r' }]
    const [a, b, c] = [emptyTally(), emptyTally(), emptyTally()]
    for (const one of read) addTo(a, one)
    for (const one of read.toReversed()) addTo(b, one)
    for (const one of read.slice(1)) addTo(c, one)
    expect(sameTally(a, b)).toBe(true)
    expect(sameTally(a, c)).toBe(false)
  })

  it('finds the packages that are there in several versions', () => {
    const tally = emptyTally()
    const all = [facts('a', '10.0.0'), facts('a', '9.0.0'), facts('b', '1.0.0'), facts('b', '1.0.0')]
    for (const one of all) addTo(tally, one)
    expect(duplicatesOf(tally)).toEqual([['a', ['9.0.0', '10.0.0']]])
  })

  it('shows the largest counts and sums up the rest', () => {
    expect(largest({ a: 1, b: 3, c: 2 }, 1)).toEqual([
      ['b', 3],
      ['2 others', 3],
    ])
    expect(largest({ a: 1 }, 1)).toEqual([['a', 1]])
  })
})

describe('a survey', () => {
  it('finds with a pool exactly what a loop finds', async () => {
    const folders = await packagesIn(root)
    let done = 0
    const survey = await surveyWithPool(folders, () => done++)
    expect(sameTally(survey.tally, await surveyInALoop(folders))).toBe(true)
    expect(survey.tally).toMatchObject({
      manifests: 5,
      files: 7,
      licences: { MIT: 1, 'MIT OR ISC': 1, 'Apache-2.0': 1, ISC: 1, 'none stated': 1 },
      people: { Ann: 2, Bob: 1 },
      malformed: [{ folder: at('node_modules/.pnpm/broken@1.0.0/node_modules/broken') }],
    })
    expect(done).toBe(6)
    expect(survey.pool).toMatchObject({ size: 8, accepted: 6, stateVersion: 6, run: { count: 6 } })
  })

  it('prints a line at each quarter', () => {
    const said: string[] = []
    const shown = lines(6, (line) => said.push(line))
    for (let i = 0; i < 6; i++) shown.step()
    shown.end()
    expect(said).toEqual(['2 of 6 manifests', '3 of 6 manifests', '5 of 6 manifests', '6 of 6 manifests'])
  })
})

describe('npm start', () => {
  const run = (folder: string) => {
    const args = ['-r', './.ci/register.cjs', join(__dirname, 'licences.ts'), folder]
    return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: join(__dirname, '..') })
  }

  it('prints tables, counts and times, names malformed manifests, and agrees with the loop', () => {
    const { status, stdout, stderr } = run(root)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toMatch(/│ MIT OR ISC +│ +1 │/)
    expect(stdout).toMatch(/│ a +│ 1\.0\.0, 2\.0\.0 │/)
    expect(stdout).toContain('5 packages with 7 files, 1 malformed manifests')
    expect(stdout).toMatch(/malformed: .*broken: .*JSON/)
    expect(stdout).toContain('The totals of pool and loop agree.')
  })

  it('says that there is nothing to survey in a folder without packages, and exits with 0', () => {
    const { status, stdout, stderr } = run(at('packages', 'mine'))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toBe(`There is nothing to survey: no node_modules with packages in "${at('packages', 'mine')}".\n`)
  })

  it('needs a folder that exists', () => {
    const { status, stdout, stderr } = run(at('nowhere'))
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(`There is no folder "${at('nowhere')}".\n`)
  })
})
