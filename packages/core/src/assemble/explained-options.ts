import { brokerOf } from '@genpool/broker'
import type { StateOptions } from '../work/state-options'
import type { ExplainedOptions } from '../views/explain/evidence'
import { type CheckedPoolOptions, isBrokerRef } from './options'

/** The options that an explanation depends on. @param state the options of the state, written out */
export function explainedOptions(options: CheckedPoolOptions, state: StateOptions): ExplainedOptions {
  const { timeout, size, concurrency, broker, stuckAfter } = options
  const { rate, limits } = isBrokerRef(broker) ? brokerOf(broker).limiting : options
  const client = isBrokerRef(broker) ? undefined : broker.client
  return {
    timeoutMs: timeout,
    stuckAfterMs: stuckAfter,
    ownsQueue: !isBrokerRef(broker),
    maxSize: typeof size === 'object' ? size.max : null,
    concurrencyLearns: typeof concurrency !== 'number',
    isBounded: isBounded(client),
    fairBy: typeof client === 'object' && client.type === 'fair' ? { by: client.by } : null,
    rate,
    limits,
    exclusive: state.commit === 'exclusive' && state.type === 'shared',
  }
}

/** Whether the pool's own queue may be full: of a queue that somebody else has written, nobody knows. */
function isBounded(client: OwnQueue | undefined): boolean {
  if (typeof client !== 'object') return client !== undefined
  return (client.type === 'fair' ? client.queue.max : client.max) !== Infinity
}
type OwnQueue = Extract<CheckedPoolOptions['broker'], { readonly client: unknown }>['client']
