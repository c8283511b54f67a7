import { broadcast, call, configure, definePool, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

type Op =
  | { readonly op: 'ask' | 'crash'; readonly ms: number; readonly timeout: number }
  | { readonly op: 'advance'; readonly ms: number }
  | { readonly op: 'limit'; readonly limit: number | 'gradient' }
  | { readonly op: 'size'; readonly size: number | { readonly min: number; readonly max: number } }
  | { readonly op: 'abort' }
  | { readonly op: 'broadcast' }

const ms = fc.integer({ min: 1, max: 30 })
const ops: fc.Arbitrary<Op[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ op: fc.constantFrom('ask', 'ask', 'crash'), ms, timeout: fc.constantFrom(10, 1000) }),
    },
    { weight: 4, arbitrary: fc.record({ op: fc.constant('advance'), ms }) },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant('limit'), limit: fc.constantFrom(0, 1, 2, 3, 5, Infinity, 'gradient') }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('size'),
        size: fc.constantFrom(1, 3, 6, { min: 1, max: 6 }, { min: 0, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('abort', 'broadcast') }) },
  ) as fc.Arbitrary<Op>,
  { maxLength: 60 },
)

describe('the laws of a limit of working members', () => {
  it('hold under random events: no more work than allowed, none is idle needlessly, each request has one outcome', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(ops, async (steps) => {
        const clock = virtualClock()
        const system = start()
        let working = 0
        const run = async (forMs: number): Promise<void> => {
          working++
          await clock.wait(forMs)
          working--
        }
        const Worker = definePool({
          calls: {
            ask: async (msg: { ms: number }) => {
              await run(msg.ms)
              return reply(true)
            },
            crash: async (msg: { ms: number }) => {
              await run(msg.ms)
              throw new Error('crashed')
            },
          },
          handleInfo: () => noReply(),
        })
        const pool = spawnPool(system, Worker, 'pool', {
          size: 4,
          state: 'isolated',
          clock,
          broker: { member: { type: 'timeout', timeout: 40 } },
        })
        const signals: AbortController[] = []
        let settled = 0
        const play = async (step: Op): Promise<void> => {
          if (step.op === 'advance') return clock.advance(step.ms)
          if (step.op === 'limit') configure(pool, { concurrency: step.limit })
          else if (step.op === 'size') configure(pool, { size: step.size })
          else if (step.op === 'broadcast') broadcast(pool, 'news')
          else if (step.op === 'abort') signals.pop()?.abort()
          else {
            const controller = new AbortController()
            signals.push(controller)
            const options = { timeout: step.timeout, signal: controller.signal }
            const count = (): void => void settled++
            call(pool, { type: step.op, ms: step.ms }, options).then(count, count)
          }
          return clock.settle()
        }
        let before = 0
        for (const step of steps) {
          await play(step)
          const { concurrency, members, waiting } = inspect(pool)
          const limit = concurrency?.limit ?? Infinity
          // Who works when the limit falls finishes what he has; nobody begins meanwhile.
          if (working > limit) expect(working).toBeLessThanOrEqual(before)
          if (waiting > 0 && working < limit) expect(members.idle).toBe(0)
          if (concurrency !== undefined && concurrency.aside > 0) reached.add('aside')
          if (working > limit) reached.add('over')
          if (waiting > 0 && members.idle > 0) reached.add('held back')
          before = working
        }
        configure(pool, { concurrency: Infinity, size: 4 })
        await clock.advance(5000)
        const { accepted, outcomes, waiting, members } = inspect(pool)
        expect([waiting, members.idle]).toEqual([0, 4])
        expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(accepted)
        expect(settled).toBe(steps.filter(({ op }) => op === 'ask' || op === 'crash').length)
        stop(system)
        await clock.settle()
      }),
      { numRuns: 150 },
    )
    expect(reached).toEqual(new Set(['aside', 'over', 'held back']))
  })
})
