import * as fc from 'fast-check'
import { createBroker } from '../../src'
import { Job, type Task } from './model'

const tenantOf = (task: Task) => task.tenant
const queue = fc.constantFrom({ type: 'drop' }, { type: 'fair', by: tenantOf }, {
  type: 'timeout',
  timeout: 100_000,
} as const)
const limits = fc.record(
  {
    max: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.integer({ min: 1, max: 2 }),
    weight: fc.constant({ a: 2 }),
    rate: fc.constant({ limit: 1, interval: 10 }),
  },
  { requiredKeys: ['max'] },
)
const rate = fc.constantFrom(undefined, { limit: 1, interval: 10 }, { limit: 1, interval: 10, by: 'user' })
const step = fc.record({
  do: fc.constantFrom('ask', 'ask', 'ask', 'ask', 'take', 'release', 'wait', 'back', 'move', 'leave', 'change'),
  tenant: fc.constantFrom('a', 'a', 'b'),
  user: fc.constantFrom(undefined, 'u'),
  key: fc.constantFrom(undefined, undefined, 'k'),
  priority: fc.constantFrom(0, 0, 1, -1, 5),
})

describe('"max" of limits', () => {
  it('drops the least urgent of a key, wherever it waits: the new one only if nothing is less urgent', () => {
    const law = fc.property(queue, limits, rate, fc.array(step, { maxLength: 60 }), (client, rules, all, steps) => {
      const broker = createBroker<Job, Job>(
        { client: client as never, limits: { by: tenantOf, ...rules }, ...(all && { rate: all }) },
        0,
      )
      const running: Job[] = []
      let now = 0
      for (const [id, { do: what, tenant, user, key, priority }] of steps.entries()) {
        now += 1000
        if (what === 'wait') now += 6_000_000
        if (what === 'take') {
          const taken = broker.take(now)
          if (taken !== null) running.push(taken)
        }
        const ended = what === 'release' ? running.shift() : undefined
        if (ended !== undefined) broker.release(ended, now)
        const back = what === 'back' ? running.shift() : undefined
        if (back !== undefined) broker.putBack(back, now, false)
        const some = [...broker.requests].filter((other) => other.task.tenant === tenant)
        const [one] = some
        if (what === 'move' && one !== undefined && one.key === undefined) {
          expect(broker.move(one, priority, now)).toBe(true)
          expect(one.priority).toBe(priority)
        }
        if (what === 'leave' && some.length > 0) broker.remove(some.at(-1) as Job, now)
        if (what === 'change') {
          const by = rules.weight !== undefined || id % 2 === 0 ? tenantOf : (task: Task) => task.tenant
          broker.configure({ client: client as never, limits: { by, ...rules }, ...(all && { rate: all }) }, now)
        }
        if (what !== 'ask') continue
        const job = Object.assign(new Job({ id, tenant, user, cost: 1 }, now), { priority, key })
        const before = [...broker.requests].filter((other) => other.task.tenant === tenant)
        broker.ask(job, now)
        const dropped = [...broker.decision.dropped]
        if (before.length < rules.max) {
          expect(dropped).toEqual([])
          continue
        }
        const least = Math.min(...before.map((other) => other.priority))
        expect(dropped).toHaveLength(1)
        const [drop] = dropped
        if (least >= priority) {
          expect(drop).toMatchObject({ reason: 'max', waiting: broker.length })
          expect(drop?.entry).toBe(job)
        } else {
          expect(drop).toMatchObject({ reason: 'priority', waiting: broker.length - 1 })
          expect(before).toContain(drop?.entry)
          expect(drop?.entry.priority).toBe(least)
          expect([...broker.requests]).toContain(job)
        }
      }
      // All places are given back: as many begin as were not dropped.
      const left = broker.length
      let begun = 0
      for (let i = 0; i < 200 && broker.length > 0; i++) {
        for (const job of running.splice(0)) broker.release(job, now)
        now += 20_000_000
        for (let taken = broker.take(now); taken !== null; taken = broker.take(now)) {
          begun++
          running.push(taken)
        }
      }
      expect([begun, broker.length]).toEqual([left, 0])
    })
    fc.assert(law, { numRuns: 3000 })
  })
})
