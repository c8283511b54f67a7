import { dropOptions } from '../../src/queues/drop-queue'
import { createLeaf } from '../../src/queues/leaf'
import { LimitLane } from '../../src/limits/limit-lane'
import { Job } from './model'

const rules = { concurrency: 1, rate: null, max: Infinity, newestFirst: false, inOrder: false }

function jobOf(id: number, priority: number): Job {
  return Object.assign(new Job({ id, tenant: 'a', user: undefined, cost: 1 }, 0), { priority })
}

describe('the levels of a lane', () => {
  it('are found, added and left in O(log levels), each with a look at its time', () => {
    const lane = new LimitLane<Job>(rules, null)
    const count = 2048
    let looks = 0
    for (let i = 0; i < count; i++) {
      const priority = (i * 1021) % count
      const queue = createLeaf<Job>(dropOptions.parse({}), 0, [])
      const level = lane.addLevel(priority, queue)
      level.enqueue(jobOf(i, priority), 0)
      for (const name of ['priority', 'wakeAt'] as const) {
        const value = level[name]
        Object.defineProperty(level, name, { get: () => (looks++, value), set: () => undefined })
      }
      lane.changed(level)
      expect(lane.wakeAt).toBe(Infinity)
    }
    for (let priority = count - 1; priority >= 0; priority--) {
      const level = lane.highest
      expect(level?.dequeue(0)?.priority).toBe(priority)
      if (level !== undefined) lane.changed(level)
      expect(lane.wakeAt).toBe(Infinity)
    }
    expect(looks).toBeLessThan(2 * count * Math.log2(count))
  })

  it('are one again when the others are empty, which takes the short way again if its priority is 0', () => {
    const lane = new LimitLane<Job>(rules, null)
    const levelOf = (priority: number) => {
      const level = lane.addLevel(priority, createLeaf<Job>(dropOptions.parse({}), 0, []))
      level.enqueue(jobOf(priority, priority), 0)
      lane.changed(level)
      return level
    }
    const usual = levelOf(0)
    expect(lane.plainLevel).toBe(usual)
    const urgent = levelOf(1)
    expect([lane.plainLevel, lane.highest]).toEqual([null, urgent])
    urgent.dequeue(0)
    lane.changed(urgent)
    expect([lane.plainLevel, lane.highest, lane.knownLevel(1)]).toEqual([usual, usual, null])
  })
})
