import {
  call,
  definePool,
  drain,
  type GenPoolError,
  onEvent,
  pause,
  type PoolOptions,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

interface Message {
  readonly id: number
  readonly ms: number
  /** What its first runs end with, and how many of them. */
  readonly fate: 'crash' | 'backOff' | 'answer'
  readonly times: number
}
type Failed = GenPoolError & { readonly started?: boolean; readonly mayBeCommitted?: boolean }

const step = fc.record({
  op: fc.constantFrom(
    'one',
    'many',
    'many',
    'many',
    'advance',
    'advance',
    'advance',
    'abort',
    'abort',
    'pause',
    'resume',
  ),
  ms: fc.constantFrom(0, 1, 5, 10, 20, 50),
  pick: fc.nat(100),
  timeout: fc.constantFrom(15, 30, 45, 5000, 5000),
  fate: fc.constantFrom('crash' as const, 'backOff' as const, 'answer' as const, 'answer' as const),
  times: fc.constantFrom(1, 1, 2),
})
const commit = fc.constantFrom('exclusive' as const, 'retry' as const)
const options = fc
  .record({
    state: fc.oneof(
      commit.map((commit) => ({ commit })),
      fc.constant('isolated' as const),
    ),
    size: fc.constantFrom(1, 2, 3),
    limits: fc.constantFrom<PoolOptions>(
      {},
      {},
      { rate: { limit: 2, interval: 30 } },
      { limits: { by: 'tenant', concurrency: 1 } },
    ),
    retryOnCrash: fc.constantFrom({}, { retryOnCrash: { one: 3, many: 3 } }),
  })
  .map(({ state, size, limits, retryOnCrash }) => ({ state, size, ...limits, ...retryOnCrash }) as PoolOptions)
const end = fc.constantFrom('stop', 'resume and stop', 'drain', 'resume and drain', 'wait')

type Valued<A> = A extends fc.Arbitrary<infer V> ? V : never
type Step = Valued<typeof step>
const first: Step = { op: 'one', ms: 0, pick: 1, timeout: 5000, fate: 'backOff', times: 2 }
const later = (op: Step['op'], ms: Step['ms'] = 0): Step => ({ ...first, op, ms, pick: 0 })
const slow: Step = { ...first, ms: 50, timeout: 15, fate: 'answer' }
/** What is rare among the others: those that end before their next run, and one that expires while it runs, and one behind it. */
const RARE: [PoolOptions, Step[], Valued<typeof end>][] = [
  [{ size: 1 }, [first, later('advance', 1), later('abort')], 'wait'],
  [{ size: 1 }, [{ ...first, timeout: 15 }, later('advance', 1), later('pause'), later('advance', 20)], 'stop'],
  [{ size: 1 }, [first, later('advance', 1)], 'stop'],
  [{ size: 1, broker: { budget: false } }, [slow, slow], 'wait'],
]

/** What is said of one whose run goes on at that moment. */
const RUNNING = /was running|while it was running/
const WAITING = /waiting/

describe('the laws of the times that are told', () => {
  it('the wait and the run add up to the age, and only what a handler has begun is said to have started', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 30 }), end, async (settings, steps, last) => {
        const clock = virtualClock()
        await clock.advance(1000)
        const system = start()
        const begun = new Map<number, number>()
        const running = new Set<number>()
        const sentAt = new Map<number, number>()
        const failures: unknown[] = []
        const run = async (messages: readonly Message[], attempt: number): Promise<boolean> => {
          const [{ ms, fate, times }] = messages as readonly [Message]
          for (const { id } of messages) {
            begun.set(id, (begun.get(id) ?? 0) + 1)
            running.add(id)
          }
          await clock.wait(ms)
          const isOver = fate === 'answer' || attempt > times
          if (!isOver) for (const { id } of messages) running.delete(id)
          if (!isOver && fate === 'crash') throw new Error('crashed')
          return isOver
        }
        const Worker = definePool({
          init: () => ({ count: 0 }),
          calls: {
            one: async (message: Message, state, ctx) =>
              (await run([message], ctx.attempt))
                ? reply(message.id, { count: state.count + 1 })
                : ctx.backOff(5, { again: true }),
            many: {
              batch: 4,
              handle: async (messages: readonly Message[], state, ctx) =>
                (await run(messages, ctx.attempt))
                  ? reply(
                      messages.map(({ id }) => id),
                      { count: state.count + 1 },
                    )
                  : ctx.backOff(5, { again: true }),
            },
          },
        })
        const pool = spawnPool(system, Worker, 'pool', { clock, broker: { budget: false }, ...settings } as PoolOptions)
        const endEvents = onEvent(
          'genpool:request:settled',
          ({ message, waitedMs, ranMs, heldMs, attempts, outcome, error }) => {
            const { id } = message as Message
            const age = (clock.now() - (sentAt.get(id) as number)) / 1e6
            const runs = begun.get(id) ?? 0
            const { started, mayBeCommitted, message: text } = (error ?? {}) as Failed
            const told = { id, outcome, waitedMs, ranMs, heldMs, age, attempts, runs, started, text }
            const check = (law: string, holds: boolean): void => void (holds || failures.push({ law, ...told }))
            check('heldMs is a part of waitedMs', heldMs >= 0 && heldMs <= waitedMs + 1e-6)
            check('the sum is the age', waitedMs >= 0 && ranMs >= 0 && Math.abs(waitedMs + ranMs - age) < 1e-6)
            check('what never ran, ran for 0 ms', runs > 0 || ranMs === 0)
            check('attempts are those of handlers', attempts === runs)
            if (runs > 0 && !running.has(id)) reached.add(`${outcome} before its next run`)
            if (started !== undefined && mayBeCommitted === false) {
              check('started if a handler has begun', started === runs > 0)
              check('running only if it runs', RUNNING.test(text) === running.has(id))
              check('waiting for its next run', !started || running.has(id) || WAITING.test(text))
              reached.add(`${outcome} ${started}`)
            }
            running.delete(id)
          },
          { pool },
        )
        const controllers: AbortController[] = []
        for (const [id, { op, ms, pick, timeout, fate, times }] of steps.entries()) {
          if (op === 'advance') await clock.advance(ms)
          else if (op === 'abort') controllers[controllers.length - 1 - (pick % 3)]?.abort()
          else if (op === 'pause') pause(pool)
          else if (op === 'resume') resume(pool)
          else {
            const controller = new AbortController()
            controllers.push(controller)
            sentAt.set(id, clock.now())
            const message = { type: op, id, ms, fate, times, tenant: pick % 2 }
            call(pool, message, { timeout, signal: controller.signal }).catch(() => undefined)
          }
          if (pick % 3 > 0) await clock.settle()
        }
        if (last.startsWith('resume') || last === 'wait') resume(pool)
        if (last.endsWith('stop')) stop(pool)
        if (last.endsWith('drain')) void drain(pool, { within: 10 })
        await clock.advance(10_000)
        endEvents()
        stop(system)
        await clock.advance(1000)
        expect(failures).toEqual([])
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 400), examples: RARE },
    )
    for (const outcome of ['expired', 'cancelled', 'stopped'])
      for (const each of ['true', 'false', 'before its next run'])
        expect([outcome, each, reached.has(`${outcome} ${each}`)]).toEqual([outcome, each, true])
  })
})
