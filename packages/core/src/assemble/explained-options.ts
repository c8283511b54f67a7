import { brokerOf, type FairBy } from '@genpool/broker'
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
    tenants: tenantsOf(client, { rate, limits }),
    rate,
    limits,
    exclusive: state.commit === 'exclusive' && state.type === 'shared',
  }
}

/** Tenants are what a fair queue serves in turn; without one, what `limits` tell apart, or else a rate. */
function tenantsOf(
  client: OwnQueue | undefined,
  { rate, limits }: Pick<ExplainedOptions, 'rate' | 'limits'>,
): ExplainedOptions['tenants'] {
  if (typeof client === 'object' && client.type === 'fair') return { by: client.by, namedBy: 'queue' }
  if (limits) return { by: toFairBy(limits.by), namedBy: 'limits' }
  return rate && rate.by !== undefined ? { by: toFairBy(rate.by), namedBy: 'rate' } : null
}

function toFairBy(by: string | Extract<FairBy, (value: never) => unknown>): FairBy {
  return typeof by === 'string' ? { property: by } : by
}

/** Whether the pool's own queue may be full: of a queue that somebody else has written, nobody knows. */
function isBounded(client: OwnQueue | undefined): boolean {
  if (typeof client !== 'object') return client !== undefined
  return (client.type === 'fair' ? client.queue.max : client.max) !== Infinity
}
type OwnQueue = Extract<CheckedPoolOptions['broker'], { readonly client: unknown }>['client']
