import { call, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

interface Task {
  readonly id: number
  /** The key of the limits, if there are any. */
  readonly user: string | undefined
  readonly ms: number
  readonly key: string | undefined
  /** How long it backs off at its first runs, of what, and whether it runs again. */
  readonly backOff: number
  readonly of: 'own' | 'all' | 'b'
  readonly again: boolean
}

const step = fc.record({
  op: fc.constantFrom('call', 'call', 'call', 'advance', 'advance', 'abort'),
  user: fc.constantFrom('a', 'a', 'b', undefined),
  ms: fc.nat(20),
  key: fc.constantFrom(undefined, undefined, 'k'),
  backOff: fc.constantFrom(0, 0, 10, 30),
  of: fc.constantFrom('own', 'own', 'all', 'b'),
  again: fc.boolean(),
  priority: fc.constantFrom(0, 0, 1),
  timeout: fc.constantFrom(25, 5000),
})

describe('the laws of a back-off', () => {
  it('nothing that is held begins, nothing else waits while a member is idle, and each call has one outcome', async () => {
    const reached = new Set<string>()
    const rules = fc.constantFrom(
      {},
      { limits: { by: 'user', concurrency: 2 } },
      { rate: { limit: 1000, interval: 5, by: 'user' } },
    )
    await fc.assert(
      fc.asyncProperty(rules, fc.array(step, { maxLength: 50 }), async (options, steps) => {
        const clock = virtualClock()
        const system = start()
        const now = (): number => Math.round(clock.now() / 1e6)
        const hasKeys = 'limits' in options || 'rate' in options
        const until = new Map<string | number, number>()
        const held = (of: string | number | undefined): boolean => of !== undefined && (until.get(of) ?? 0) > now()
        const hold = (of: string | number, ms: number): void => {
          until.set(of, Math.max(until.get(of) ?? 0, now() + ms))
        }
        const waiting = new Set<Task>()
        const running = new Set<Task>()
        const Worker = definePool({
          calls: {
            work: async (task: Task, _state, ctx) => {
              waiting.delete(task)
              running.add(task)
              expect([held('all'), held(task.user), held(task.id)]).toEqual([false, false, false])
              await clock.wait(task.ms)
              running.delete(task)
              if (task.backOff === 0 || ctx.attempt > 2) return reply(task.id)
              const name = !hasKeys || task.of === 'all' ? 'all' : task.of === 'b' ? 'b' : (task.user ?? 'all')
              hold(name, task.backOff)
              const key = task.of === 'own' ? {} : { key: task.of === 'all' ? null : 'b' }
              reached.add(name)
              if (!task.again) {
                ctx.backOff(task.backOff, key)
                return reply(task.id)
              }
              // It waits itself, whatever is held. Others of its key do not pass it.
              hold(task.id, task.backOff)
              if (task.user !== undefined) hold(task.user, task.backOff)
              if (name !== 'all' && task.user === undefined) reached.add('alone')
              if (!ctx.signal.aborted) waiting.add(task)
              return ctx.backOff(task.backOff, { ...key, again: true })
            },
          },
        })
        const pool = spawnPool(system, Worker, 'pool', { size: 3, state: 'isolated', clock, ...options })
        await clock.settle()
        const signals: AbortController[] = []
        let [sent, settled] = [0, 0]
        for (const { op, priority, timeout, ...task } of steps) {
          if (op === 'advance') await clock.advance(task.ms)
          else if (op === 'abort') signals.shift()?.abort()
          else {
            const controller = new AbortController()
            signals.push(controller)
            const sentTask: Task & { readonly type: 'work' } = { type: 'work', id: sent++, ...task }
            waiting.add(sentTask)
            const end = (): void => {
              settled++
              waiting.delete(sentTask)
            }
            const more = { timeout, priority, signal: controller.signal }
            const { key } = task
            call(pool, sentTask, key === undefined ? more : { ...more, key }).then(end, end)
          }
          await clock.settle()
          expect(inspect(pool).waiting).toBe(waiting.size)
          if (inspect(pool).members.idle === 0) continue
          for (const { id, user, key } of waiting) {
            // One with a key may wait for its turn.
            if (key !== undefined) continue
            const isFull =
              'limits' in options &&
              user !== undefined &&
              [...running].filter((other) => other.user === user).length >= 2
            expect(held('all') || held(user) || held(id) || isFull).toBe(true)
          }
        }
        await clock.advance(20_000)
        expect([inspect(pool).waiting, settled]).toEqual([0, sent])
        const { accepted, outcomes } = inspect(pool)
        expect([accepted, Object.values(outcomes).reduce((sum, each) => sum + each, 0)]).toEqual([sent, sent])
        expect(clock.timers).toBe(0)
        stop(system)
        await clock.settle()
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 60) },
    )
    expect(reached).toEqual(new Set(['all', 'a', 'b', 'alone']))
  })
})
