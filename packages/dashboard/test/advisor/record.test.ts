import { call, cast, definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { readTrace, recordTrace, type RecordOptions } from '@genpool/dashboard'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: VirtualClock
let folder: string
let file: string
beforeEach(() => {
  system = start()
  clock = virtualClock()
  folder = mkdtempSync(join(tmpdir(), 'genpool-trace-'))
  file = join(folder, 'trace.jsonl')
})
afterEach(() => {
  stop(system)
  rmSync(folder, { recursive: true })
})

const work = async (msg: { ms: number; secret?: string }) => {
  await clock.wait(msg.ms)
  if (msg.ms === 13) throw new Error('unlucky')
  return reply('done')
}
const Work = definePool({ calls: { find: work, save: work }, casts: { note: () => noReply() } })
const spawned = (options: PoolOptions = {}) =>
  spawnPool(system, Work, 'db', { size: 1, clock, timeout: 700, broker: { client: { max: 2 } }, ...options })
const record = (pool: ReturnType<typeof spawned>, options: RecordOptions = {}) =>
  recordTrace(pool, file, { clock, ...options })

describe('recordTrace', () => {
  it('writes when each request arrived, what it was, how long it waited and ran, and how it ended', async () => {
    const pool = spawned()
    const recording = await record(pool)
    const send = (type: 'find' | 'save', ms: number, options = {}): void =>
      void call(pool, { type, ms }, options).catch(() => undefined)
    await clock.advance(100)
    send('find', 50)
    send('save', 13, { key: 'ann@example.org', priority: 3 })
    await clock.advance(10)
    send('find', 1000, { key: 'ann@example.org' })
    await clock.advance(1)
    send('find', 20)
    await clock.advance(2000)
    cast(pool, { type: 'note' })
    await clock.advance(1)
    await recording.stop()

    const { requests, ...rest } = readTrace(file)
    expect(rest).toEqual({ pool: 'db', timeoutMs: 700, lost: 0, broken: 0 })
    expect(recording.recorded).toBe(5)
    expect(
      requests.map(({ at, type, priority, waitedMs, ranMs, outcome }) => [
        at,
        type,
        priority,
        waitedMs,
        // Deadlines pass up to a few milliseconds late.
        Math.floor(ranMs),
        outcome,
      ]),
    ).toEqual([
      [100, 'find', 0, 0, 50, 'replied'],
      [100, 'save', 3, 50, 13, 'crashed'],
      [110, 'find', 0, 53, 647, 'expired'],
      [111, 'find', 0, 0, 0, 'dropped'],
      [2111, 'note', 0, 0, 0, 'replied'],
    ])
    const [first, second, third] = requests.map(({ key }) => key)
    expect([first, second === third, second?.length]).toEqual(['', true, 10])
  })

  it('writes no payload, and no key that could be read or compared', async () => {
    const pool = spawned()
    const recordings: string[] = []
    for (let i = 0; i < 2; i++) {
      const recording = await record(pool)
      const done = call(pool, { type: 'find', ms: 1, secret: 'the payload' }, { key: 'ann@example.org' })
      await clock.advance(1)
      await done
      await recording.stop()
      recordings.push(readFileSync(file, 'utf8'))
    }
    expect(recordings.join()).not.toMatch(/ann|payload/)
    const keys = recordings.map((text) => /"key":"([^"]+)"/.exec(text)?.[1])
    expect(keys[0]).not.toBe(keys[1])
  })

  it('keeps a number of files of a size', async () => {
    const pool = spawned({ size: 10, broker: { client: { max: 1000 } } })
    const recording = await record(pool, { maxBytes: 2000, files: 3 })
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 5; i++) cast(pool, { type: 'note' })
      await clock.advance(1000)
      // The disk takes real time.
      await recording.flush()
    }
    await recording.stop()
    const parts = [file, `${file}.1`, `${file}.2`]
    for (const part of parts) expect(statSync(part).size).toBeLessThanOrEqual(2000)
    expect(existsSync(`${file}.3`)).toBe(false)
    const times = readTrace(...parts).requests.map(({ at }) => at)
    expect(times.at(-1)).toBe(19_000)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('keeps the size also if more than one file of lines comes at once', async () => {
    const pool = spawned({ size: 10, broker: { client: { max: 1000 } } })
    const recording = await record(pool, { maxBytes: 2000, files: 100 })
    for (let i = 0; i < 200; i++) cast(pool, { type: 'note' })
    await clock.advance(10)
    await recording.stop()
    const parts = Array.from({ length: 100 }, (_, n) => (n === 0 ? file : `${file}.${n}`)).filter(existsSync)
    expect(parts.length).toBeGreaterThan(5)
    for (const part of parts) expect(statSync(part).size).toBeLessThanOrEqual(2000)
    expect(readTrace(...parts).requests).toHaveLength(200)
  })

  it('keeps an earlier trace, and writes no file of another kind', async () => {
    const pool = spawned()
    for (let i = 1; i <= 3; i++) {
      const recording = await record(pool, { files: 2 })
      for (let n = 0; n < i; n++) cast(pool, { type: 'note' })
      await clock.advance(1)
      await recording.stop()
    }
    expect([file, `${file}.1`].map((part) => readTrace(part).requests.length)).toEqual([3, 2])
    expect(existsSync(`${file}.2`)).toBe(false)
    const other = join(folder, 'package.json')
    writeFileSync(other, '{"name":"mine"}')
    await expect(recordTrace(pool, other, { clock })).rejects.toThrow(
      /The file given to recordTrace is wrong: expected a new file, or one that is a trace, got ".*package\.json"/,
    )
    expect(readFileSync(other, 'utf8')).toBe('{"name":"mine"}')
  })

  it('shares a file with no other recording', async () => {
    const pool = spawned()
    const recording = await record(pool)
    await expect(record(pool)).rejects.toThrow('expected a file that no other recording writes')
    await recording.stop()
    const next = await record(pool)
    await next.stop()
  })

  it('names itself if it gets no pool', async () => {
    await expect(recordTrace('db' as never, file)).rejects.toThrow('The pool given to recordTrace is wrong')
  })

  it('records nothing after it was stopped, and leaves no timer', async () => {
    const pool = spawned()
    const before = clock.timers
    const recording = await record(pool)
    await recording.stop()
    cast(pool, { type: 'note' })
    await clock.advance(5000)
    expect(recording.recorded).toBe(0)
    expect(clock.timers).toBe(before)
    expect(readTrace(file).requests).toEqual([])
  })

  it.each([Infinity, -Infinity, 5e-324])('keeps a request of the priority %d', async (priority) => {
    const pool = spawned()
    const recording = await record(pool)
    const done = call(pool, { type: 'find', ms: 1 }, { priority })
    await clock.advance(1)
    await done
    await recording.stop()
    expect(readTrace(file).requests).toMatchObject([{ type: 'find', priority }])
  })

  it('begins the file anew when somebody has removed it', async () => {
    const pool = spawned()
    const recording = await record(pool)
    for (let i = 0; i < 2; i++) {
      rmSync(file)
      cast(pool, { type: 'note' })
      await clock.advance(1)
      await recording.flush()
      expect(readTrace(file).requests).toHaveLength(1)
    }
    await recording.stop()
  })

  it('counts what could not be written as lost, says so in the file when it can be written again, and stop rejects', async () => {
    const inner = join(folder, 'inner')
    mkdirSync(inner)
    const pool = spawned()
    const recording = await recordTrace(pool, join(inner, 't'), { clock })
    rmSync(inner, { recursive: true })
    cast(pool, { type: 'note' })
    cast(pool, { type: 'note' })
    await clock.advance(1000)
    await recording.flush().catch(() => undefined)
    mkdirSync(inner)
    cast(pool, { type: 'note' })
    await clock.advance(1)
    await expect(recording.stop()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(recording).toMatchObject({ recorded: 3, lost: 2 })
    expect(readTrace(join(inner, 't'))).toMatchObject({ lost: 2, requests: [{ type: 'note' }] })
  })

  it('rejects if the file cannot be written, or an option is wrong', async () => {
    const pool = spawned()
    await expect(recordTrace(pool, join(folder, 'no', 'such', 'folder'), { clock })).rejects.toMatchObject({
      code: 'ENOENT',
    })
    await expect(record(pool, { maxBytes: 5 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(recordTrace({} as never, file)).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
  })
})

describe('readTrace', () => {
  it('skips a line that a crash cut off, and refuses a file that is no trace', () => {
    writeFileSync(file, '{"genpool":"trace","version":1,"pool":"db","timeoutMs":null}\n{"lost":3}\n{"at":1,"type":"fi')
    expect(readTrace(file)).toEqual({ pool: 'db', timeoutMs: Infinity, requests: [], lost: 3, broken: 1 })
    const head = '{"genpool":"trace","version":1,"pool":"db","timeoutMs":5}\n'
    const odd = [
      'null',
      '5',
      '[]',
      '{"lost":1e999}',
      '{"lost":-1}',
      '{"lost":{}}',
      '{"at":1,"ranMs":1,"outcome":"replied"}',
    ]
    writeFileSync(file, head + odd.join('\n'))
    expect(readTrace(file)).toMatchObject({ requests: [], lost: 0, broken: odd.length })
    writeFileSync(file, head.replace('5}', '"5"}'))
    expect(() => readTrace(file)).toThrow('expected a trace')
    writeFileSync(file, '{"a":1}\n')
    expect(() => readTrace(file)).toThrow('expected a trace, as recordTrace(pool, file) writes it')
  })

  it('counts the broken lines of all files together, and no empty ones', () => {
    const head = '{"genpool":"trace","version":1,"pool":"db","timeoutMs":null}\n'
    writeFileSync(file, `${head}\nnull\n\n`)
    writeFileSync(`${file}.1`, `${head}{"lost":1}\n{"at":1}\n{"at":2`)
    expect(readTrace(file, `${file}.1`)).toMatchObject({ requests: [], lost: 1, broken: 3 })
  })
})

describe('a file that is no trace', () => {
  it.each([
    ['an empty file', '', 'got an empty file in'],
    [
      'a trace of another version',
      '{"genpool":"trace","version":2,"pool":"db","timeoutMs":5}\n',
      'got a trace of version 2',
    ],
    ['something else', 'hello', 'got something else in'],
  ])('is told to be %s', (_, text, says) => {
    writeFileSync(file, text)
    expect(() => readTrace(file)).toThrow(says)
    expect(() => readTrace(file)).toThrow(file)
  })
})
