import { ask, askR, asyncAsk, nbAsk, nbAskR, regulators, spawnBroker, spawnRegulator } from '@genpool/broker'
import { type ActorSystemRef, query as queryOfNact, start, stop } from 'nact'
import { leavesTime } from '../../../runtime/test/repeating'

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

const query = queryOfNact as unknown as (to: unknown, message: unknown, ms: number) => Promise<unknown>
const full = { type: 'drop', max: 0 } as const
const brokers = {
  full: () => spawnBroker(system, { client: full, member: full } as never, 'broker'),
  stopped: () => {
    const broker = spawnBroker(system, {}, 'broker')
    stop(broker)
    return broker
  },
}
const fullRegulator = () =>
  spawnRegulator(system, { queue: full, valve: { type: 'open', max: 0 } } as never, 'regulator')

describe('a caller that tries again as soon as it is refused leaves Node its time', () => {
  it.each<[string, () => () => unknown]>([
    [
      'by a broker that is full',
      () => {
        const broker = brokers.full()
        return () => ask(broker, 1)
      },
    ],
    [
      'by a broker without members',
      () => {
        const broker = brokers.full()
        return () => nbAsk(broker, 1)
      },
    ],
    [
      'by a broker without requests',
      () => {
        const broker = brokers.full()
        return () => nbAskR(broker, 1)
      },
    ],
    [
      'by a broker that has stopped',
      () => {
        const broker = brokers.stopped()
        return () => askR(broker, 1)
      },
    ],
    [
      'by a broker, with a ticket',
      () => {
        const broker = brokers.full()
        return () => asyncAsk(broker, 1).match
      },
    ],
    [
      'by a broker that is asked with query',
      () => {
        const broker = brokers.full()
        return () => query(broker, { type: 'ask', value: 1 }, 1000)
      },
    ],
    [
      'by a broker that does not understand',
      () => {
        const broker = brokers.full()
        return () => query(broker, { type: 'no such' }, 1000)
      },
    ],
    [
      'for a signal that is aborted',
      () => {
        const broker = spawnBroker(system, {}, 'broker')
        return () => ask(broker, 1, { signal: AbortSignal.abort() })
      },
    ],
    [
      'by a regulator without a free place',
      () => {
        const regulator = fullRegulator()
        return () => regulators.nbAsk(regulator)
      },
    ],
    [
      'by a regulator that is asked with query',
      () => {
        const regulator = fullRegulator()
        return () => query(regulator, { type: 'nbAsk' }, 1000)
      },
    ],
    [
      'by a regulator that has stopped',
      () => {
        const regulator = fullRegulator()
        stop(regulator)
        return () => regulators.ask(regulator)
      },
    ],
  ])('%s', async (_, prepare) => {
    await leavesTime(prepare())
  })
})
