import { askR, asyncAsk, changeConfig, length, regulators, spawnBroker, spawnRegulator } from '@genpool/broker'
import { call, configure, definePool, explain, inspect, reply, resize, spawnPool } from '@genpool/core'
import { Turn } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'

/*
 * Everything on one clock shares its turn, whose time was read before. What is made, changed or looked at in the middle of a turn
 * reads the clock anew: no later time of the turn may lie before that.
 */
it('a turn whose time was read before suits pools, brokers and regulators that come later', async () => {
  const clock = virtualClock()
  const system = start()
  const Work = definePool({ init: () => 0, calls: { work: () => reply(1) } })
  const later = (): void => clock.block(5)
  Turn.of(clock).now()
  later()
  const meters = [{ type: 'overload' as const }, { type: 'pie' as const }, { type: 'better' as const }]
  const broker = spawnBroker(system, { clock, meters })
  asyncAsk(broker, 'a request')
  later()
  changeConfig(broker, { meters: [{ type: 'underload' }] })
  const match = askR(broker, 'a member')
  later()
  expect(length(broker)).toBe(0)
  const regulator = spawnRegulator(system, { clock, valve: { type: 'open', max: 1 } })
  const task = regulators.ask(regulator)
  later()
  const pool = spawnPool(system, Work, 'pool', { clock, size: 1, alarm: { target: 1 }, concurrency: 'gradient' })
  const answers = [call(pool, { type: 'work' })]
  later()
  configure(pool, {
    broker: { client: { type: 'codel' }, admission: 'forecast' },
    throttle: true,
    breaker: {},
  })
  answers.push(call(pool, { type: 'work' }))
  later()
  inspect(pool)
  explain(pool)
  resize(pool, 3)
  answers.push(call(pool, { type: 'work' }))
  await clock.settle()
  await Promise.all([match, task])
  expect(await Promise.all(answers)).toEqual([1, 1, 1])
  stop(system)
})
