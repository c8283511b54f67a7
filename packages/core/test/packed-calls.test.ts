import { call, type CallOptions, configure, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

/** So many that most of them are not made before their turn comes, and that one pack does not hold them. */
const MANY = 60_000

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

/** A pool of one whose first message holds it up until the gate is opened. */
function gated() {
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const seen: number[] = []
  const Gated = definePool({
    init: () => 0,
    calls: {
      wait: async () => {
        await gate
        return reply(undefined)
      },
      ask: ({ n }: { n: number }) => {
        seen.push(n)
        return reply(n)
      },
    },
  })
  const clock = virtualClock()
  const pool = spawnPool(system, Gated, 'gated', { size: 1, clock, timeout: 5000 })
  const first = call(pool, { type: 'wait' }, { timeout: Infinity }).catch(() => undefined)
  /** Resolves with the answer, or with the code of the error. */
  const ask = (n: number, options?: CallOptions): Promise<unknown> =>
    call(pool, { type: 'ask', n }, options).catch((error: unknown) => (error as { code: string }).code)
  return { pool, clock, seen, first, ask, open: () => open() }
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('while very many calls wait', () => {
  it.each([undefined, 60_000])('each gets its own answer, in order, with the timeout %s', async (timeout) => {
    const { pool, seen, ask, open } = gated()
    const calls = numbers(0, MANY).map((n) => ask(n, timeout === undefined ? undefined : { timeout }))
    expect(inspect(pool).waiting).toBe(MANY)
    open()
    expect(await Promise.all(calls)).toEqual(numbers(0, MANY))
    expect(seen).toEqual(numbers(0, MANY))
    expect(inspect(pool)).toMatchObject({ accepted: MANY + 1, outcomes: { replied: MANY + 1 }, waiting: 0 })
  })

  it('each gives up at its own time', async () => {
    const { pool, clock, seen, ask, open } = gated()
    const early = numbers(0, 45_000).map((n) => ask(n))
    await clock.advance(1000)
    const late = numbers(45_000, MANY).map((n) => ask(n))
    await clock.advance(3999)
    expect(inspect(pool)).toMatchObject({ waiting: MANY, outcomes: { expired: 0 } })
    await clock.advance(2)
    expect(inspect(pool)).toMatchObject({ waiting: 15_000, outcomes: { expired: 45_000 } })
    await clock.advance(997)
    expect(inspect(pool).waiting).toBe(15_000)
    await clock.advance(5)
    expect(inspect(pool)).toMatchObject({ waiting: 0, outcomes: { expired: MANY } })
    open()
    expect(await Promise.all([...early, ...late])).toEqual(Array(MANY).fill('ERR_GENPOOL_EXPIRED'))
    expect(seen).toEqual([])
  })

  it('those that are served before the oldest would have given up keep their own time', async () => {
    const { pool, clock, ask, first, open } = gated()
    const served = numbers(0, 40_000).map((n) => ask(n))
    await clock.advance(1000)
    open()
    await first
    expect(await Promise.all(served)).toEqual(numbers(0, 40_000))
    await clock.advance(10_000)
    expect(inspect(pool)).toMatchObject({ waiting: 0, outcomes: { replied: 40_001, expired: 0 } })
    expect(clock.timers).toBe(0)
  })

  it('each is told when the pool stops', async () => {
    const { pool, clock, ask } = gated()
    const calls = numbers(0, MANY).map((n) => ask(n))
    stop(pool)
    // Most are told at the end of the turn.
    await clock.settle()
    expect(await Promise.all(calls)).toEqual(Array(MANY).fill('ERR_GENPOOL_STOPPED'))
    expect(inspect(pool).outcomes.stopped).toBe(MANY + 1)
    await clock.advance(10_000)
    expect(clock.timers).toBe(0)
  })

  it('a new bound drops the newest, and the others keep their places and their time', async () => {
    const { pool, clock, seen, ask, open } = gated()
    const calls = numbers(0, MANY).map((n) => ask(n))
    configure(pool, { broker: { client: { type: 'drop', max: 45_000 } } })
    expect(inspect(pool)).toMatchObject({ waiting: 45_000, outcomes: { dropped: 15_000 } })
    const refused = ask(MANY)
    open()
    await clock.settle()
    expect((await Promise.all(calls)).slice(44_999, 45_001)).toEqual([44_999, 'ERR_GENPOOL_DROPPED'])
    expect(await refused).toBe('ERR_GENPOOL_DROPPED')
    expect(seen).toEqual(numbers(0, 45_000))
    await clock.advance(10_000)
    expect(inspect(pool).outcomes.expired).toBe(0)
  })

  it('a call with a priority goes before them, and they still give up at their time', async () => {
    const { pool, clock, seen, ask, open } = gated()
    const calls = numbers(0, MANY).map((n) => ask(n))
    const urgent = ask(-1, { priority: 1, timeout: 60_000 })
    await clock.advance(5001)
    expect(inspect(pool)).toMatchObject({ waiting: 1, outcomes: { expired: MANY } })
    open()
    expect(await urgent).toBe(-1)
    expect(seen).toEqual([-1])
    expect(await Promise.all(calls)).toEqual(Array(MANY).fill('ERR_GENPOOL_EXPIRED'))
  })
})
