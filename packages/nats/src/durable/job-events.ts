import type { DeliveryEvent, PoolRef } from '@genpool/core'
import { textOf } from '@genpool/runtime'
import { channel } from 'node:diagnostics_channel'
import type { Job } from './job-runs'

const delivered = channel('genpool:delivery')

type Told = Pick<DeliveryEvent, 'outcome'> & Partial<Pick<DeliveryEvent, 'error' | 'reason' | 'retryInMs'>>

/** As much of a cast as is told. */
interface ToldOf extends Pick<Job, 'attempt'> {
  readonly header: Pick<Job['header'], 'id' | 'key'>
  readonly incoming: Pick<Job['incoming'], 'seq'>
}

/** Tells listeners what became of a delivery. Without any it costs one read of a field. */
export function tellOf(
  { pool, queue, consumer }: { readonly pool: PoolRef; readonly queue: string; readonly consumer: string },
  { header: { id, key }, incoming: { seq }, attempt }: ToldOf,
  { outcome, error, reason, retryInMs = 0 }: Told,
): void {
  if (!delivered.hasSubscribers) return
  const { name } = pool as unknown as { name: string }
  const why = reason ?? (error === undefined ? undefined : textOf(error))
  const event: DeliveryEvent = {
    pool: name,
    ref: pool,
    queue,
    consumer,
    id,
    key,
    seq,
    attempt,
    outcome,
    error,
    reason: why,
    retryInMs,
  }
  delivered.publish(event)
}
