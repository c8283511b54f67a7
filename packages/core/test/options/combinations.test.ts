import {
  call,
  cast,
  configure,
  definePool,
  drain,
  explain,
  inspect,
  isGenPoolError,
  noReply,
  pause,
  type PoolChanges,
  type PoolOptions,
  reply,
  resize,
  resume,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

const maybe = <T>(...values: T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, undefined, ...values)
const broker = (client: object) => ({ client, admission: 'forecast' })

/** Options that have an effect on what waits, runs or starts, each beside each other. */
const live = fc.record({
  paused: maybe(true, false),
  concurrency: maybe<unknown>(1, 2, 'gradient'),
  rate: maybe<unknown>({ limit: 3, interval: 20 }, { limit: 5, interval: 50, burst: 2, by: 'key' }),
  limits: maybe<unknown>(
    { by: 'key', concurrency: 1 },
    { by: 'key', max: 2, weight: { a: 3 } },
    { by: 'key', concurrency: 2, rate: { limit: 4, interval: 30 } },
  ),
  breaker: maybe({ failures: 3, wait: 20 }),
  throttle: maybe(true),
  retryOnCrash: maybe({ work: 2 }),
  poisonAfter: maybe(2),
  stuckAfter: maybe(60),
  recycle: maybe<unknown>({ afterMs: 40 }),
  alarm: maybe({ target: 5, interval: 20 }),
  broker: maybe<unknown>(
    broker({ type: 'drop', max: 10 }),
    broker({ type: 'codel', target: 5, interval: 10 }),
    broker({ type: 'timeout', timeout: 30 }),
    broker({ type: 'fair', by: { property: 'key' } }),
  ),
})
const spawned = fc.record({
  size: fc.constantFrom<unknown>(1, 3, { min: 0, max: 3 }),
  state: fc.constantFrom<unknown>('shared', 'isolated', { type: 'shared', commit: 'exclusive' }),
  callerContext: maybe(true, false),
})
const step = fc.record({
  op: fc.constantFrom(
    'work',
    'work',
    'work',
    'many',
    'cast',
    'pause',
    'resume',
    'resize',
    'configure',
    'pass',
    'explain',
  ),
  ms: fc.constantFrom(0, 0, 5, 30, 200),
  fails: fc.constantFrom(false, false, false, true),
  key: maybe('a', 'b'),
  n: fc.integer({ min: 1, max: 4 }),
  /** Its handler backs off, and runs again. */
  backs: fc.constantFrom(undefined, undefined, undefined, { again: true }, { again: true, key: null }, { key: 'a' }),
  shares: fc.boolean(),
  options: live,
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** What is sent to `work` and to `many`. */
type Sent = Pick<Step, 'ms' | 'fails' | 'key' | 'backs'>

const given = (options: object): PoolOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

/** What refuses by options or because the pool has stopped; anything else is a fault. */
function refusedAtMost(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if (!isGenPoolError(error)) throw error
  }
}

beforeEach(() => {
  // nact's systems print each fault that reaches them.
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  jest.restoreAllMocks()
})

it('with any options beside each other, each request has one outcome, and the pool drains', async () => {
  await fc.assert(
    fc.asyncProperty(spawned, live, fc.array(step, { maxLength: 50 }), async (fixed, options, steps) => {
      const clock = virtualClock()
      const system = start()
      const Work = definePool({
        init: () => ({ n: 0 }),
        calls: {
          work: async ({ ms, fails, backs }: Sent, _state, ctx) => {
            if (ms > 0) await clock.wait(ms)
            if (backs !== undefined && ctx.attempt < 3) {
              if (backs.again === true) return ctx.backOff(ms, { ...backs, again: true })
              ctx.backOff(ms, { key: backs.key })
            }
            if (fails) throw new Error('it failed')
            return reply(1)
          },
          many: {
            batch: 3,
            handle: (messages: readonly Sent[], _state, ctx) => {
              const [{ backs, ms }] = messages as [Sent]
              if (backs?.again === true && ctx.attempt === 1) return ctx.backOff(ms, { again: true })
              return reply(messages.map(() => 1))
            },
          },
        },
        casts: { work: (_message: { key: string | undefined }) => noReply() },
      })
      const timing = { clock, timeout: 300, restart: { backoff: { min: 1, max: 5 } }, onCallbackError: () => undefined }
      const pool = ((): ReturnType<typeof spawn> | undefined => {
        try {
          return spawn()
        } catch (error) {
          // Some options do not go together, and that is told.
          if (isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) return undefined
          throw error
        }
      })()
      function spawn() {
        return spawnPool(system, Work, 'pool', { ...given({ ...fixed, ...options }), ...timing })
      }
      if (pool === undefined) return stop(system)
      let open = 0
      const faults: unknown[] = []
      const settled = (error?: unknown): void => {
        open--
        if (error !== undefined && !isGenPoolError(error)) faults.push(error)
      }
      const send = (type: 'work' | 'many', { ms, fails, key, n, backs, shares }: Step): void => {
        open++
        const retry = n === 4 ? { retry: { attempts: 2 } } : {}
        call(
          pool,
          { type: type as 'work', ms, fails, key, backs },
          { ...(key === undefined ? {} : { key }), ...(shares ? { share: ms } : {}), ...retry, priority: n },
        ).then(() => settled(), settled)
      }
      const perform: Record<Step['op'], (one: Step) => unknown> = {
        work: (one) => send('work', one),
        many: (one) => send('many', one),
        cast: ({ key, shares, n }) =>
          cast(pool, { type: 'work', key }, shares && key === undefined ? { latest: n % 2 } : { priority: n }),
        pause: () => refusedAtMost(() => pause(pool)),
        resume: () => refusedAtMost(() => resume(pool)),
        resize: ({ n }) => refusedAtMost(() => resize(pool, n)),
        configure: (one) => refusedAtMost(() => configure(pool, given(one.options) as PoolChanges)),
        pass: ({ ms }) => clock.advance(ms),
        explain: () => [explain(pool), inspect(pool)],
      }
      for (const one of steps) await perform[one.op](one)
      let drained = false
      drain(pool, { within: 2000 }).then(
        () => (drained = true),
        (error: unknown) => faults.push(error),
      )
      for (let i = 0; i < 60 && !(drained && open === 0); i++) await clock.advance(100)
      expect({ drained, open, faults }).toEqual({ drained: true, open: 0, faults: [] })
      const { accepted, outcomes } = inspect(pool)
      expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(accepted)
      stop(system)
    }),
    { numRuns: 200, endOnFailure: true },
  )
})
