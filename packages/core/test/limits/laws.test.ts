import { call, definePool, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

interface Task {
  readonly id: number
  readonly tenant: string
  readonly cost: number
  readonly ms: number
  readonly key: string | undefined
}
interface Rate {
  readonly limit: number
  readonly interval: number
  readonly cost: boolean
}
interface Rules {
  readonly rate: (Rate & { readonly by: boolean }) | null
  readonly concurrency: number
  readonly keyRate: Rate | null
}

const rate = fc.record({
  limit: fc.integer({ min: 3, max: 5 }),
  interval: fc.integer({ min: 5, max: 60 }),
  cost: fc.boolean(),
})
const rules: fc.Arbitrary<Rules> = fc.record({
  rate: fc.option(fc.tuple(rate, fc.boolean()).map(([rest, by]) => ({ ...rest, by }))),
  concurrency: fc.constantFrom(1, 2, 3, Infinity),
  keyRate: fc.option(rate),
})
const ops = fc.array(
  fc.record({
    op: fc.constantFrom('call', 'call', 'call', 'call', 'advance', 'advance', 'abort', 'abortAtOnce', 'crash'),
    tenant: fc.constantFrom('a', 'a', 'b', 'c'),
    cost: fc.integer({ min: 0, max: 3 }),
    ms: fc.integer({ min: 0, max: 30 }),
    priority: fc.constantFrom(0, 0, 1),
    key: fc.constantFrom(undefined, undefined, 'k'),
    timeout: fc.constantFrom(20, 5000, 5000),
  }),
  { maxLength: 60 },
)

const rateOf = ({ limit, interval, cost }: Rate) => ({ limit, interval, ...(cost && { cost: 'cost' }) })
const toOptions = ({ rate, concurrency, keyRate }: Rules): PoolOptions => ({
  rate: rate !== null && { ...rateOf(rate), ...(rate.by && { by: 'tenant' }) },
  limits: { by: 'tenant', concurrency, rate: keyRate !== null && rateOf(keyRate) },
})

describe('the laws of rates and limits in a pool', () => {
  it('hold under random events: never more, never less while a member is idle, each call has one outcome', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(rules, ops, async (law, steps) => {
        const clock = virtualClock()
        const system = start()
        const begins: { readonly task: Task; readonly at: number }[] = []
        const running = new Set<Task>()
        const waiting = new Map<number, Task>()
        const now = (): number => clock.now()
        const used = (from: Rate, at: number, counts: (task: Task) => boolean): number =>
          begins
            .filter(({ task, at: began }) => began > at - from.interval * NS_PER_MS && began <= at && counts(task))
            .reduce((sum, { task }) => sum + (from.cost ? task.cost : 1), 0)
        const ofTenant = (tenant: string) => (task: Task) => task.tenant === tenant
        const countsOf = (task: Task) => (law.rate?.by === true ? ofTenant(task.tenant) : () => true)
        const work = async (task: Task): Promise<void> => {
          waiting.delete(task.id)
          begins.push({ task, at: now() })
          running.add(task)
          expect([...running].filter(ofTenant(task.tenant)).length).toBeLessThanOrEqual(law.concurrency)
          if (law.rate !== null) expect(used(law.rate, now(), countsOf(task))).toBeLessThanOrEqual(law.rate.limit)
          if (law.keyRate !== null) {
            expect(used(law.keyRate, now(), ofTenant(task.tenant))).toBeLessThanOrEqual(law.keyRate.limit)
          }
          await clock.wait(task.ms)
          running.delete(task)
        }
        const Worker = definePool({
          calls: {
            call: async (task: Task) => {
              await work(task)
              return reply(task.id)
            },
            crash: async (task: Task) => {
              await work(task)
              throw new Error('crashed')
            },
          },
        })
        const size = 4
        const pool = spawnPool(system, Worker, 'pool', { size, state: 'isolated', clock, ...toOptions(law) })
        await clock.settle()
        const isHeld = (task: Task): boolean => {
          const fits = (from: Rate, counts: (task: Task) => boolean, { cost }: Task): boolean =>
            used(from, now(), counts) + (from.cost ? cost : 1) <= from.limit
          if (task.key !== undefined && [...running].some(({ key }) => key === task.key)) return true
          if (task.key !== undefined && [...waiting.values()].find(({ key }) => key === task.key) !== task) return true
          if ([...running].filter(ofTenant(task.tenant)).length >= law.concurrency) return true
          // A costly one that waits for a rate holds back those behind it.
          const peers = [...waiting.values()]
          const rateHolds = law.rate !== null && peers.some((other) => !fits(law.rate as Rate, countsOf(task), other))
          const keyHolds =
            law.keyRate !== null &&
            peers.some(
              (other) => other.tenant === task.tenant && !fits(law.keyRate as Rate, ofTenant(task.tenant), other),
            )
          return rateHolds || keyHolds
        }
        const signals: AbortController[] = []
        let settled = 0
        let sent = 0
        for (const { op, tenant, cost, ms, priority, key, timeout } of steps) {
          if (op === 'advance') await clock.advance(ms)
          else if (op === 'abort') signals.pop()?.abort()
          else {
            const controller = new AbortController()
            const task = { id: sent++, tenant, cost, ms, key }
            waiting.set(task.id, task)
            const end = (): void => {
              settled++
              waiting.delete(task.id)
            }
            const type = op === 'crash' ? 'crash' : 'call'
            const options = { timeout, signal: controller.signal, priority, ...(key !== undefined && { key }) }
            call(pool, { type, ...task }, options).then(end, end)
            if (op === 'abortAtOnce') controller.abort()
            else signals.push(controller)
          }
          await clock.settle()
          const { members, limits, rate } = inspect(pool)
          expect(inspect(pool).waiting).toBe(waiting.size)
          if (members.idle > 0) {
            for (const task of waiting.values()) expect([task, isHeld(task)]).toEqual([task, true])
          }
          if ((limits?.waiting ?? 0) > 0) reached.add('limits')
          if ((rate?.waiting ?? 0) > 0) reached.add('rate')
        }
        await clock.advance(20_000)
        expect([inspect(pool).waiting, settled]).toEqual([0, sent])
        stop(system)
        await clock.settle()
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 60) },
    )
    expect(reached).toEqual(new Set(['limits', 'rate']))
  })
})
