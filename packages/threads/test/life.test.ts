import {
  call,
  cast,
  configure,
  definePool,
  drain,
  explain,
  getMembers,
  inspect,
  type PoolOptions,
  ready,
  spawnPool,
} from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { NS_PER_MS, systemClock } from '@genpool/runtime'
import { type ActorSystemRef, spawnStateless, start, stop } from 'nact'
import { join } from 'node:path'
import type Life from './fixtures/life'
import type { any } from './fixtures/life'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'life.ts')
const logged: string[] = []
/** nact's plugin for a logger is not among its exports. */
const withLogger = (of: object) =>
  Object.assign(of, {
    createLogger: () =>
      Object.fromEntries(
        ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'event', 'metric', 'exception'].map((level) => [
          level,
          (...args: unknown[]) => void logged.push(`${level}: ${args.map(String).join(' ')}`),
        ]),
      ),
  })

let system: ActorSystemRef
let words: Int32Array
beforeEach(() => {
  logged.length = 0
  words = new Int32Array(new SharedArrayBuffer(12))
  system = start(withLogger as never)
})
afterEach(() => {
  Atomics.store(words, 2, 1)
  stop(system)
})

const open = (options: PoolOptions = {}, of: ThreadOptions = {}) => {
  const behaviour = threads<typeof Life>(file, { workerData: words.buffer, ...of })
  return spawnPool(system, behaviour, 'life', { size: 1, timeout: 50_000, ...options })
}

/** An actor that keeps what it is sent. */
function listener() {
  const heard: unknown[] = []
  const ref = spawnStateless(system as never, ((message: unknown) => void heard.push(message)) as never)
  return { heard, ref: ref as never }
}

describe('terminate in a thread', () => {
  it('is called with the last state, in each thread, before drain is done', async () => {
    const pool = open({ size: 2 })
    await until(() => inspect(pool).members.idle === 2)
    const { ref } = listener()
    await Promise.all(Array.from({ length: 6 }, () => call(pool, { type: 'add', to: ref })))
    await drain(pool)
    expect([...words]).toEqual([2, 6, 0])
  })
})

describe('handleContinue in a thread', () => {
  it('is called before its member is recycled', async () => {
    const pool = open({ recycle: { afterMessages: 1, jitter: 0 } })
    for (let i = 0; i < 3; i++) await call(pool, { type: 'goOn' })
    await until(() => getMembers(pool).some(({ name }) => name === 'member-1.4'))
    await drain(pool)
    // What the last states were together: each has both steps.
    expect(words[1]).toBe(3 * 11)
  })
})

describe('ctx.afterCommit in a thread', () => {
  it('runs with the new state, and not for a handler that fails', async () => {
    const pool = open()
    const { heard, ref } = listener()
    expect(await call(pool, { type: 'add', to: ref })).toBe(0)
    await until(() => heard.length === 1)
    await expect(call(pool, { type: 'failAfter', to: ref })).rejects.toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(await call(pool, { type: 'add', to: ref })).toBe(0)
    await until(() => heard.length === 2)
    expect(heard).toEqual([{ effect: 1 }, { effect: 1 }])
  })
})

describe('ctx.log in a thread', () => {
  it('reaches the logger of the system', async () => {
    await call(open(), { type: 'log' })
    await until(() => logged.some((entry) => entry.includes('from a thread')))
  })
})

describe('catch-alls in a thread', () => {
  it('take messages of any shape', async () => {
    const behaviour = threads<typeof any>(file, { workerData: words.buffer, export: 'any' })
    const pool = spawnPool(system, behaviour, 'any', { size: 1, timeout: 50_000 })
    cast(pool, { add: 2 } as never)
    cast(pool, { add: 3 } as never)
    expect(await call(pool, 'what' as never)).toEqual({ message: 'what', count: 5 })
    expect(await call(pool, { type: 'unheard of' } as never)).toEqual({ message: { type: 'unheard of' }, count: 5 })
  })
})

describe('the size of a pool of threads', () => {
  it('grows when all threads are busy', async () => {
    const pool = open({ size: { min: 1, max: 2, valve: 'open', update: 10 } } as PoolOptions, { prefetch: 1 })
    await ready(pool)
    const held = [1, 2, 3].map((n) => call(pool, { type: 'hold', n }))
    await until(() => inspect(pool).size === 2 && inspect(pool).members.busy === 2)
    Atomics.store(words, 2, 1)
    expect(await Promise.all(held)).toEqual([1, 2, 3])
  })

  it.each([8, 'auto'] as const)('grows when messages wait in a busy thread, and they move: %s', async (prefetch) => {
    const pool = open({ size: { min: 1, max: 2, valve: 'open', update: 10 } } as PoolOptions, { prefetch })
    await ready(pool)
    const held = call(pool, { type: 'hold', n: 1 })
    await until(() => inspect(pool).members.busy === 1)
    expect(await call(pool, { type: 'thread' })).not.toBe(0)
    expect(inspect(pool)).toMatchObject({ size: 2, members: { busy: 1 } })
    Atomics.store(words, 2, 1)
    expect(await held).toBe(1)
  })
})

describe('a pool of threads without work', () => {
  it('sets no timers, also after a member has failed and others were replaced', async () => {
    const setTimer = systemClock.setTimer.bind(systemClock)
    let pending = 0
    const spy = jest.spyOn(systemClock, 'setTimer').mockImplementation((at, fn, holds) => {
      if (at - systemClock.now() > 20 * NS_PER_MS) return setTimer(at, fn, holds)
      pending++
      return setTimer(at, () => (fn(), pending--), holds)
    })
    const pool = open({ recycle: { afterMessages: 2, jitter: 0 } })
    const { ref } = listener()
    await call(pool, { type: 'failAfter', to: ref }).catch(() => undefined)
    for (let i = 0; i < 5; i++) await call(pool, { type: 'thread' })
    await ready(pool)
    await until(() => pending === 0)
    spy.mockRestore()
  })
})

describe('recycling', () => {
  it('starts another thread after so many messages', async () => {
    const pool = open({ recycle: { afterMessages: 2, jitter: 0 } })
    const ids: number[] = []
    for (let i = 0; i < 4; i++) ids.push(await call(pool, { type: 'thread' }))
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    expect(getMembers(pool)).toHaveLength(1)
  })

  it('starts another thread when the heap of one has become large', async () => {
    const pool = open({ recycle: { afterHeapMb: 100, jitter: 0 } })
    const first = await call(pool, { type: 'thread' })
    let now = await call(pool, { type: 'keep', mb: 10 })
    expect(now).toBe(first)
    while (now === first) now = await call(pool, { type: 'keep', mb: 10 })
    expect(await call(pool, { type: 'thread' })).toBe(now)
  })

  it('knows no heap of a member that shares its thread with the others', () => {
    const inProcess = definePool({ init: () => 0, calls: {} })
    expect(() => spawnPool(system, inProcess, 'heap', { recycle: { afterHeapMb: 100 } })).toThrow('share one thread')
    const pool = spawnPool(system, inProcess, 'heap')
    expect(() => configure(pool, { recycle: { afterHeapMb: 100 } })).toThrow('share one thread')
  })
})

describe('what waits for a thread', () => {
  it('goes by priority, and inspect and explain show it', async () => {
    const behaviour = threads<typeof Life>(file, { workerData: words.buffer, prefetch: 1 })
    const pool = spawnPool(system, behaviour, 'life', { size: 1, timeout: 50_000 })
    await ready(pool)
    const order: number[] = []
    const send = (n: number, priority: number) =>
      call(pool, { type: 'hold', n }, { priority }).then((value) => order.push(value as number))
    const all = [send(0, 0)]
    await until(() => inspect(pool).members.busy === 1)
    all.push(send(1, 0), send(2, 5), send(3, 1))
    expect(inspect(pool)).toMatchObject({ waiting: 3, members: { busy: 1 } })
    expect(explain(pool).text).toContain('"hold"')
    Atomics.store(words, 2, 1)
    await Promise.all(all)
    expect(order).toEqual([0, 2, 3, 1])
    expect(inspect(pool)).toMatchObject({ waiting: 0, outcomes: { replied: 4 } })
  })
})

describe('a handler in a thread that halts its member without an answer', () => {
  it('leaves a caller who is told so at once: nothing in that thread can answer any more', async () => {
    const pool = open()
    const failed = expect(call(pool, { type: 'halted' })).rejects
    await failed.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      message: expect.stringMatching(/its member ended before it was answered.*halt\(reason, \{ reply \}\)/) as string,
    })
  })
})
