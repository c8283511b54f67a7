import {
  broadcast,
  call,
  cast,
  configure,
  drain,
  explain,
  getMembers,
  inspect,
  onEvent,
  type PoolOptions,
  ready,
  relearn,
  resize,
  watchDeadLetters,
} from '@genpool/core'
import fc from 'fast-check'
import { dispatch, stop } from 'nact'
import { eventNames } from '../src/views/telemetry/channels'
import { clock, type Pool, spawned, unknown } from './notices-scene'

describe('a callback may use the pool that it hears of:', () => {
  const actions: Record<string, (pool: Pool, step: number, act: () => void, quietly: () => void) => unknown> = {
    abort: (pool, step, _act, quietly) =>
      call(pool, { type: 'abort', act: quietly }, { timeout: 1 + (step % 9) }).catch(() => undefined),
    effectActs: (pool, _step, act) => call(pool, { type: 'effect', effect: act }).catch(() => undefined),
    call: (pool, step) => call(pool, { type: 'work', ms: step % 7 }).catch(() => undefined),
    crash: (pool) => call(pool, { type: 'crash' }).catch(() => undefined),
    effect: (pool) => call(pool, { type: 'effect' }).catch(() => undefined),
    cast: (pool, step) => cast(pool, { type: 'note', ms: step % 5 }),
    unknown: (pool) => unknown(pool),
    dispatch: (pool) => dispatch(pool as never, { type: 'nothing' } as never),
    broadcast: (pool) => broadcast(pool, 'hello'),
    resize: (pool, step) => resize(pool, 1 + (step % 4)),
    configure: (pool, step) => configure(pool, { timeout: 10 + step, alarm: step % 2 === 0 }),
    drop: (pool, step) => configure(pool, { broker: { client: { type: 'drop', max: 1 + (step % 3) } } }),
    relearn: (pool) => relearn(pool),
    ready: (pool) => ready(pool).catch(() => undefined),
    look: (pool) => [inspect(pool), explain(pool), getMembers(pool)],
    drain: (pool) => drain(pool, { within: 50 }),
    stop: (pool) => stop(pool),
    throw: () => {
      throw new Error('callback')
    },
  }
  const names = Object.keys(actions)
  const ends = ['drain', 'stop']

  it('every function, from every callback; nothing overflows, nothing is lost, outcomes add up', async () => {
    const plan = fc.record({
      steps: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 60 }),
      first: fc.array(fc.constantFrom(...names.filter((name) => !ends.includes(name))), { minLength: 1, maxLength: 8 }),
      pauses: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 8 }),
      options: fc.constantFrom<PoolOptions>(
        {},
        { state: 'isolated' },
        { size: { min: 0, max: 3, idle: 20 } },
        { breaker: { failures: 2, wait: 5 }, alarm: { target: 1, interval: 5 } },
        { concurrency: 2, size: 3, callerContext: true },
      ),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, first, pauses, options }) => {
        const told = { settled: 0, dropped: 0, letters: 0, watched: 0, errors: 0, thrown: 0 }
        let [next, depth, deepest] = [0, 0, 0]
        const act = (): void => {
          const name = steps[next++]
          if (name === undefined) return
          try {
            void actions[name]!(pool, next, act, quietly)
          } catch (error) {
            told.thrown++
            throw error
          }
        }
        const tell = (kind: keyof typeof told | undefined, then = act): void => {
          deepest = Math.max(deepest, ++depth)
          if (kind !== undefined) told[kind]++
          try {
            then()
          } finally {
            depth--
          }
        }
        /** For callbacks whose errors would be uncaught, or warnings of the process. */
        const quietly = (): void => {
          try {
            act()
          } catch {
            told.thrown--
          }
        }
        const pool: Pool = spawned({
          ...options,
          restart: { intensity: 1000 },
          onDrop: () => tell('letters'),
          onCallbackError: () => tell('errors', quietly),
        })
        const kinds = { 'genpool:request:settled': 'settled', 'genpool:drop': 'dropped' } as const
        const here = [
          watchDeadLetters(pool, () => tell('watched')),
          ...eventNames.map((name) => onEvent(name, () => tell(kinds[name as keyof typeof kinds]), { pool })),
        ]
        for (const [i, name] of first.entries()) {
          try {
            void actions[name]!(pool, i, act, quietly)
          } catch {
            // The pool may have been stopped by a callback.
          }
          await clock.advance(pauses[i % pauses.length]!)
        }
        await clock.advance(100)
        stop(pool)
        await clock.advance(200)
        for (const off of here) off()
        expect(deepest).toBeLessThanOrEqual(1)
        const { accepted, outcomes, drops, deadLetters } = inspect(pool)
        const sum = (counts: object): number => Object.values(counts).reduce((a: number, b: number) => a + b, 0)
        expect(sum(outcomes)).toBe(told.settled)
        expect(sum(drops)).toBe(told.dropped)
        expect(accepted).toBeLessThanOrEqual(told.settled)
        expect([told.letters, told.watched]).toEqual([deadLetters, deadLetters])
        expect(getMembers(pool)).toEqual([])
        // Effects that throw are reported, too.
        expect(told.errors).toBeGreaterThanOrEqual(told.thrown)
      }),
      { numRuns: 100 },
    )
  })
})
