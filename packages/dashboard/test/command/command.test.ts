import { advise, readTrace, simulate, traceOf } from '@genpool/dashboard'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeTerminal, run } from './run'
import { LOAD, writeTrace } from './traces'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genpool-command-'))
  file = join(folder, 'trace.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

const QUICK = ['--resamples', '2', '--threads', '0', '--max-size', '12']

describe('genpool', () => {
  it('says what there is, with examples for each', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const { code, out } = await run(...args)
      expect([code, out]).toEqual([0, expect.stringMatching(/record[^]*simulate[^]*advise[^]*top/)])
    }
    for (const name of ['record', 'simulate', 'advise', 'top']) {
      const { code, out } = await run(name, '--help')
      expect([code, out]).toEqual([0, expect.stringContaining(`Examples:\n  genpool ${name} `)])
      expect((await run('help', name)).out).toBe(out)
      const widest = Math.max(...out.split('\n').map(({ length }) => length))
      expect(widest).toBeLessThanOrEqual(110)
    }
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['fly'], 'there is no command "fly". There are record, simulate, advise, top'],
    [['simulate', '--sise', '4'], "Unknown option '--sise' (did you mean --size?). See genpool simulate --help."],
    [['simulate', '--colour', '4'], "Unknown option '--colour'. See genpool simulate --help."],
    [
      ['simulate', 't.jsonl', '--size', '-3'],
      '--size needs a value. One that begins with a dash is written --size=-5. See',
    ],
    [['advise', 't.jsonl', '--p99'], "Option '--p99 <value>' argument missing. See genpool advise --help."],
    [['simulate'], 'it needs the file of a trace'],
    [['advise', 'trace.jsonl'], 'it needs a goal: --p99 200'],
    [['advise', 'trace.jsonl', '--p99', 'soon'], '--p99 is wrong: expected a number from 0 on, got "soon"'],
    [['advise', 'trace.jsonl', '--p99', '5', '--report', 'a.png'], 'expected a file that ends with .svg'],
    [['simulate', 'trace.jsonl', '--size', 'many'], '--size is wrong: expected a number such as 8'],
    [['simulate', 'trace.jsonl', '--options', '{'], '--options is wrong: expected an object in JSON'],
    [['top'], 'it needs the address of a dashboard'],
    [['top', 'ftp://x'], 'expected the address of a dashboard'],
    [['record'], 'recordTrace'],
  ])('refuses wrong arguments: %j', async (args, says) => {
    const { code, err, out } = await run(...args)
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(says)])
  })
})

describe('the file of a trace', () => {
  const head = '{"genpool":"trace","version":1,"pool":"db","timeoutMs":null}\n'
  const request = JSON.stringify(traceOf(LOAD).requests[0])
  it.each([
    ['empty', '', 'got an empty file in'],
    ['something else', 'hello\n', 'expected a trace, as recordTrace(pool, file) writes it, got something else'],
    ['of another version', head.replace('"version":1', '"version":2'), 'got a trace of version 2'],
    ['without requests', head, 'has no requests'],
    ['broken in one line', `${head}${request}\n{"at":5,\n${request}\n`, 'line 3 of'],
    ['broken in two lines', `${head}null\n{"at":5,\n${request}\n`, 'line 2 of'],
  ])('is told to be %s', async (_, text, says) => {
    writeFileSync(file, text)
    const { code, err } = await run('simulate', file)
    expect([code, err]).toEqual([1, expect.stringContaining(says)])
    expect(err).toContain(file)
    expect(err).not.toContain('    at ')
  })

  it('is told to be missing, or a folder', async () => {
    expect(await run('simulate', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`there is no file ${file}`),
    })
    expect(await run('advise', folder, '--p99', '5')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is a folder'),
    })
  })

  it('may end in the middle of a line, and is read without its broken lines if that is asked for', async () => {
    writeFileSync(file, `${head}${request}\n{"at":5,`)
    expect(await run('simulate', file)).toMatchObject({ code: 0, err: '1 line without a request skipped.\n' })
    writeFileSync(file, `${head}${request}\nnull\n{"lost":3}\n${request}\n`)
    const { code, err } = await run('simulate', file, '--skip-broken')
    expect([code, err]).toEqual([0, expect.stringContaining('3 requests missing in the trace')])
  })
})

describe('genpool simulate', () => {
  it('prints what simulate returns', async () => {
    writeTrace(file)
    const args = ['--size', '3', '--target', '20', '--interval', '200', '--max', '50', '--timeout', '900']
    const options = {
      size: 3,
      timeout: 900,
      broker: { client: { type: 'codel' as const, target: 20, interval: 200, max: 50 } },
    }
    const prediction = await simulate(readTrace(file), options)
    const { out } = await run('simulate', file, ...args, '--json')
    expect(JSON.parse(out)).toEqual({ options, prediction })
    const table = (await run('simulate', file, ...args)).out
    expect(table).toMatch(new RegExp(`requests +${prediction.requests}\n`))
    expect(table).toContain('latency p99')
  })

  it('takes all options of a pool', async () => {
    writeTrace(file)
    const given = join(folder, 'options.json')
    writeFileSync(given, '{"broker":{"client":{"max":5},"budget":false},"breaker":true}')
    const { out } = await run('simulate', file, '--size', '2..9', '-o', `@${given}`, '--order', 'lifo', '--json')
    expect(JSON.parse(out).options).toEqual({
      size: { min: 2, max: 9 },
      broker: { client: { max: 5, order: 'lifo' }, budget: false },
      breaker: true,
    })
    const { code, err } = await run('simulate', file, '-o', '{"siz":4}')
    expect([code, err]).toEqual([2, expect.stringContaining('did you mean "size"')])
  })

  it('draws what happened over time', async () => {
    writeTrace(file, { ...traceOf(LOAD), pool: '<b>&"db"' })
    for (const ending of ['svg', 'html']) {
      const report = join(folder, `report.${ending}`)
      expect(await run('simulate', file, '--size', '1..4', '--report', report)).toMatchObject({ code: 0 })
      const text = readFileSync(report, 'utf8')
      expect(text).toMatch(
        /<svg [^]*Requests a second[^]*p99[^]*Members[^]*<path class="line l0"[^>]* d="M[\d.]+ [\d.]+[LH]/,
      )
      expect(text).not.toMatch(/NaN|undefined|Infinity|<b>/)
    }
    const nowhere = await run('simulate', file, '--report', join(folder, 'no', 'such', 'r.svg'))
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('the report could not be written') })
  })
})

/** The cursor is there again, and the last line of the bar is gone. */
function expectTidy(err: string): void {
  expect(err.lastIndexOf('\u001b[?25h')).toBeGreaterThan(err.lastIndexOf('\u001b[?25l'))
  expect(err.lastIndexOf('\u001b[2K')).toBeGreaterThan(err.lastIndexOf('left ·'))
}

describe('genpool advise', () => {
  it('prints what advise returns, and how to paste it', async () => {
    writeTrace(file)
    const advice = await advise(readTrace(file), { p99Ms: 300, resamples: 2, threads: 0, maxSize: 12 })
    const { code, out, err } = await run('advise', file, '--p99', '300', ...QUICK)
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(advice.says)
    expect(out).toContain(JSON.stringify(advice.recommended!.options, null, 2))
    for (const { name } of advice.candidates) expect(out).toContain(name)
    const json = await run('advise', file, '--p99', '300', ...QUICK, '--json')
    expect(JSON.parse(json.out)).toEqual(JSON.parse(JSON.stringify(advice)))
  })

  it('shows how far it is on a terminal, and leaves nothing of that behind', async () => {
    writeTrace(file)
    const { code, out, err } = await new FakeTerminal(true).run(['advise', file, '--p99', '300', ...QUICK])
    expect([code, out]).toEqual([0, expect.not.stringContaining('left ·')])
    const bars = [...err.matchAll(/([█░]{24}) (\d+) % · (\d+) simulations, \S+ left · ([a-z ]+)/g)]
    for (const [, bar, percent] of bars) {
      const filled = bar!.replaceAll('░', '').length
      expect(Math.abs(filled - (Number(percent) / 100) * 24)).toBeLessThanOrEqual(1)
    }
    const done = bars.map(([, , , simulations]) => Number(simulations))
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(out).toContain(`\n${done.at(-1)} simulations.`)
    expect([bars.at(0)![4], bars.at(-1)![4]]).toEqual(['the smallest sizes', 'the figures of all'])
    expectTidy(err)
  })

  it('takes the bar away when it is interrupted', async () => {
    writeTrace(file)
    const terminal = new FakeTerminal(true)
    const ended = terminal.run(['advise', file, '--p99', '300', ...QUICK])
    await terminal.shows(/ simulations, /)
    terminal.abort.abort()
    expect((await ended).code).toBe(130)
    expectTidy(terminal.err)
  })

  it('ends with 3 if no setting does, and says what would', async () => {
    writeTrace(file, traceOf({ ...LOAD, seconds: 8 }))
    const report = join(folder, 'report.html')
    const args = ['--p99', '300', '--resamples', '1', '--threads', '0', '--max-size', '1', '--report', report]
    const { code, out } = await run('advise', file, ...args)
    expect(code).toBe(3)
    expect(out).toMatch(
      /No setting with at most 1 member meets it\.[^]*It takes \d members, or handlers [\d.]+ times as fast/,
    )
    expect(readFileSync(report, 'utf8')).toContain('the goal for p99: 300 ms')
  })
})
