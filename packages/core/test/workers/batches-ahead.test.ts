import { call, definePool, inspect, reply, spawnPool, withWorkers } from '@genpool/core'
import { scriptedWorkers, virtualClock } from '@genpool/core/testing'
import { start, stop } from 'nact'

const Work = definePool({
  calls: {
    one: (_: { id: number }) => reply(0),
    many: { batch: 3, handle: (messages: readonly { id: number }[]) => reply(messages.map(({ id }) => id)) },
  },
})

describe('a batch in a worker that holds several jobs', () => {
  it.each([
    [['many', 'one', 'many'], 1],
    [['many', 'many', 'many'], 0],
  ] as const)('takes nothing from the queue that came after what its member has ahead: %j', async (types, waiting) => {
    const clock = virtualClock()
    const system = start()
    const workers = scriptedWorkers({ depth: 2, now: () => clock.now() })
    const pool = spawnPool(system, withWorkers(Work, workers), 'pool', { size: 1, clock, timeout: Infinity })
    const answers = types.map((type, id) => call(pool, { type, id }))
    await clock.settle()
    expect(inspect(pool).waiting).toBe(waiting)
    const order: unknown[] = []
    for (let [job] = workers.jobs; job !== undefined; [job] = workers.jobs) {
      order.push((job.message as { id: number }).id)
      job.begin()
      job.finish()
      await clock.settle()
    }
    expect(order).toEqual(waiting === 0 ? [0] : [0, 1, 2])
    await Promise.all(answers)
    stop(system)
  })
})
