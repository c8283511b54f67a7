import { call, definePool, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

const Work = definePool({
  calls: {
    work: async (msg: { ms: number }) => {
      await clock.wait(msg.ms)
      return reply('done')
    },
  },
})

type SizeOptions = PoolOptions['size']

/** How many timers a pool sets within a second in which it has so many calls of 900 ms, all at once. */
async function timersSet(size: SizeOptions, calls: number): Promise<number> {
  const pool = spawnPool(system, Work, 'pool', { size, clock, state: 'isolated' })
  const answers = Array.from({ length: calls }, () => call(pool, { type: 'work', ms: 900 }))
  await clock.advance(50)
  const set = jest.spyOn(clock, 'setTimer')
  await clock.advance(500)
  const count = set.mock.calls.length
  set.mockRestore()
  await clock.advance(1000)
  expect(await Promise.all(answers)).toHaveLength(calls)
  await clock.advance(100)
  expect(inspect(pool).size).toBeGreaterThanOrEqual(2)
  return count
}

describe('members that may end as soon as they are idle', () => {
  it.each<[string, SizeOptions, number]>([
    ['all members are busy', { min: 2, max: 8, idle: 0 }, 8],
    ['the valve wants another member', { min: 2, max: 8, idle: 0, valve: 'relative' }, 1],
    ['the valve is open', { min: 2, max: 8, idle: 0, valve: 'open' }, 5],
  ])('do not make the pool look all the time while %s', async (_when, size, calls) => {
    // Once each `update`, 10 ms, and a little more.
    expect(await timersSet(size, calls)).toBeLessThan(120)
  })
})
