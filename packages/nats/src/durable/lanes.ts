import { AckPolicy, type ConsumerConfig } from '@nats-io/jetstream'
import { NS_PER_MS } from '@genpool/runtime'

/** How many requests for casts a lane takes at once, of all machines together. */
const MAX_WAITING = 10_000

/** Of a lane of keys one cast is in hand at a time, over all machines: the server delivers no other one until it is acknowledged. */
export function consumerOf(subject: string, consumer: string, ackWait: number): Partial<ConsumerConfig> {
  return {
    durable_name: consumer,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWait * NS_PER_MS,
    max_deliver: -1,
    max_waiting: MAX_WAITING,
    max_ack_pending: consumer.startsWith('key-') ? 1 : -1,
  }
}
