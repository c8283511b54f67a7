import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { command, runSteps, sequence, type Step } from '../steps'

describe('the closing line', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'genpool-counts-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What `.ci/counts.cjs` prints and exits with for these results of jest. */
  function close(results: string): [line: string, status: number | null] {
    const file = join(folder, 'results.json')
    writeFileSync(file, results)
    const { stdout, status } = spawnSync(process.execPath, [join(__dirname, '..', 'counts.cjs'), file], {
      encoding: 'utf8',
    })
    return [stdout, status]
  }
  const jest = (passed: number, failed: number, unloaded: number): string =>
    JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: unloaded })

  it.each([
    ['everything passed', jest(7, 0, 0), '7 passed, 0 failed\n', 0],
    ['a test failed', jest(6, 1, 0), '6 passed, 1 failed\n', 1],
    ['a file could not be loaded', jest(7, 0, 1), '7 passed, 1 failed\n', 1],
    ['nothing ran', jest(0, 0, 0), '0 passed, 0 failed\n', 1],
    ['jest left half a file', '{"numPassedTests":7', '0 passed, 0 failed\n', 1],
  ])('when %s', (_, results, line, status) => {
    expect(close(results)).toEqual([line, status])
  })
})

describe('steps', () => {
  let said: string[]
  let log: jest.SpyInstance
  beforeEach(() => {
    said = []
    log = jest.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line))
  })
  afterEach(() => log.mockRestore())

  const step = (name: string, run: Step['run']): Step => ({ name, remedy: `mend ${name}`, run })
  const passing = async () => ({ ok: true, output: 'quiet' })

  it('say one line each, and show the output of those that fail', async () => {
    const failing = async () => ({ ok: false, output: 'what went wrong\n' })
    expect(await runSteps([step('a', passing), step('b', failing)], 1)).toEqual(['b'])
    expect(said.map((line) => line.replace(/\d+\.\d/, 'n'))).toEqual([
      'ok    a (n s)',
      'what went wrong\nFAIL  b (n s): mend b',
    ])
  })

  it('fail when they reject, and the others still run', async () => {
    const rejecting = () => Promise.reject(new Error('broken step'))
    expect(await runSteps([step('a', rejecting), step('b', passing)], 1)).toEqual(['a'])
    expect(said[0]).toContain('broken step')
    expect(said).toHaveLength(2)
  })

  it('run as many at a time as there are lanes', async () => {
    let running = 0
    let most = 0
    const run = async () => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      return passing()
    }
    await runSteps(
      ['a', 'b', 'c', 'd'].map((name) => step(name, run)),
      2,
    )
    expect(most).toBe(2)
  })
})

describe('commands', () => {
  const node = (code: string) => () => command(process.execPath, ['-e', code])

  it('are ok when they exit with 0, and keep all of their output', async () => {
    expect(await node('console.log(1); console.error(2)')()).toEqual({
      ok: true,
      output: expect.stringMatching(/1\n2\n|2\n1\n/),
    })
    expect(await node('console.log(1); process.exit(3)')()).toEqual({ ok: false, output: '1\n' })
  })

  it('that do not exist fail, and say so', async () => {
    expect(await command('no-such-command', [])).toEqual({
      ok: false,
      output: expect.stringContaining('no-such-command'),
    })
  })

  it('in a sequence end with the first that fails, and show what it said', async () => {
    const outcome = await sequence(
      node('console.log(1)'),
      node('console.log(2); process.exit(1)'),
      node('console.log(3)'),
    )
    expect(outcome).toEqual({ ok: false, output: '2\n' })
  })
})

describe('the order of the test files', () => {
  interface Sequencer {
    new (): { sort<T extends { readonly path: string }>(tests: readonly T[]): T[] }
    readonly SLOW: readonly string[]
  }
  const SlowFirst = jest.requireActual<Sequencer>('../slow-first.cjs')
  const root = join(__dirname, '..', '..')
  const sorted = (...files: string[]): string[] =>
    new SlowFirst().sort(files.map((path) => ({ path: join(root, path) }))).map(({ path }) => relative(root, path))

  it('has those first that take longest, and then the largest', () => {
    const [small, large, slow] = ['.ci/test/release.test.ts', '.ci/test/ci.test.ts', SlowFirst.SLOW[3]!]
    expect(sorted(small, large, slow, SlowFirst.SLOW[1]!)).toEqual([SlowFirst.SLOW[1], slow, large, small])
  })

  it('names only files that are there', () => {
    expect(SlowFirst.SLOW.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})
