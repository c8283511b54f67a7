import { call, cast, configure, type DeadLetter, definePool, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, dispatch, start, stop } from 'nact'

/** So many that most of them are not made before their turn comes, and that one pack does not hold them. */
const MANY = 45_000

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

/** A pool of one whose first message holds it up until the gate is opened. */
function gated(onDrop: (letter: DeadLetter) => void = () => undefined) {
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const seen: unknown[] = []
  const Gated = definePool({
    init: () => 0,
    calls: {
      last: () => reply(seen.length),
    },
    casts: {
      wait: async () => {
        await gate
      },
      tell: ({ n }: { n: unknown }) => {
        seen.push(n)
        return noReply()
      },
      other: ({ n }: { n: unknown }) => {
        seen.push(n)
      },
    },
  })
  const pool = spawnPool(system, Gated, 'gated', { size: 1, clock: virtualClock(), onDrop, callerContext: false })
  cast(pool, { type: 'wait' })
  return { pool, seen, open: () => open() }
}

/** Very many notices take more than one turn. */
async function told(all: () => boolean): Promise<void> {
  while (!all()) await new Promise((resolve) => setImmediate(resolve))
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('while very many wait', () => {
  it('several members start casts in the order in which they came, and all of them work', async () => {
    const order: number[] = []
    const members = new Set<string>()
    const Tells = definePool({
      init: () => 0,
      casts: {
        tell: ({ n }: { n: number }, _state, ctx) => {
          order.push(n)
          members.add(ctx.member.name)
          return noReply()
        },
        count: ({ n }: { n: number }) => {
          order.push(n)
        },
      },
    })
    const clock = virtualClock()
    const pool = spawnPool(system, Tells, 'tells', { size: 4, clock, callerContext: false })
    await clock.advance(10)
    for (const n of numbers(0, 5000)) cast(pool, { type: 'tell', n })
    for (const n of numbers(5000, 10_000)) cast(pool, { type: 'count', n })
    await clock.settle()
    expect(order).toEqual(numbers(0, 10_000))
    expect(members.size).toBe(4)
  })

  it('casts, dispatches and calls are served in the order in which they came, each once', async () => {
    const { pool, seen, open } = gated()
    const accepted = numbers(0, MANY).map((n) => cast(pool, { type: 'tell', n }))
    expect(accepted.every(({ ok }) => ok)).toBe(true)
    const between = call(pool, { type: 'last' })
    for (const n of numbers(MANY, 2 * MANY)) dispatch(pool, { type: 'tell', n } as never)
    for (const n of numbers(2 * MANY, 3 * MANY)) cast(pool, n % 2 === 0 ? { type: 'tell', n } : { type: 'other', n })
    const after = call(pool, { type: 'last' })
    expect(inspect(pool).waiting).toBe(3 * MANY + 2)
    open()
    expect([await between, await after]).toEqual([MANY, 3 * MANY])
    expect(seen).toEqual(numbers(0, 3 * MANY))
    expect(inspect(pool)).toMatchObject({
      accepted: 3 * MANY + 3,
      outcomes: { replied: 3 * MANY + 3 },
      sojourn: { count: 3 * MANY + 3 },
    })
  })

  it('each one is reported with its message when the pool is stopped', async () => {
    const lost: [number | undefined, string][] = []
    const { pool } = gated(({ message, error }) => lost.push([(message as { n?: number }).n, error.code]))
    await new Promise((resolve) => setImmediate(resolve))
    for (const n of numbers(0, MANY)) cast(pool, { type: 'tell', n })
    stop(pool)
    await told(() => lost.length > MANY)
    expect(lost.filter(([n]) => n !== undefined)).toEqual(numbers(0, MANY).map((n) => [n, 'ERR_GENPOOL_STOPPED']))
    expect(inspect(pool).outcomes.stopped).toBeGreaterThanOrEqual(MANY)
  })

  it('inspection shows the waiting requests, and a new bound drops the newest', async () => {
    const lost: unknown[] = []
    const { pool } = gated(({ message }) => lost.push((message as { n?: number }).n))
    for (const n of numbers(0, MANY)) cast(pool, n < 100 ? { type: 'other', n } : { type: 'tell', n })
    // It looks at 10 000, the oldest and the newest.
    const { other = 0, tell = 0 } = inspect(pool).waitingBy.type
    expect(other).toBe(Math.round((100 * MANY) / 10_000))
    expect(other + tell).toBe(MANY)
    configure(pool, { broker: { client: { type: 'drop', max: 2000 } } })
    expect(inspect(pool).waiting).toBe(2000)
    await told(() => lost.length >= MANY - 2000)
    // The message that holds the pool up has not started yet, and is one of the 2000.
    expect(lost).toEqual(numbers(2000, MANY))
  })
})
