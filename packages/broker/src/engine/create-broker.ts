import { checkTime, type Nanos } from '@genpool/runtime'
import { type Waiting } from '../queues/waiting'
import { type Broker, type BrokerHooks } from './broker'
import { type EngineOptions } from './broker-options'
import { ShortWayBroker } from './short-way'

/**
 * Makes a broker: two queues, one for each side.
 *
 * @param options see `brokerOptions`, and `rate` and `limits`; times in milliseconds
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sbroker, which has the same matching rules
 * @example const broker = createBroker<Waiting, Waiting>({ client: { type: 'timeout', timeout: 50 } }, 0)
 */
export function createBroker<A extends Waiting, R extends Waiting>(
  options: EngineOptions,
  now: Nanos,
  hooks: BrokerHooks<A, R> = {},
): Broker<A, R> {
  checkTime('createBroker', now)
  return new ShortWayBroker<A, R>(options, now, hooks)
}
