import type { ConsumerInfo } from '@nats-io/jetstream'

/** Up to there all messages are acknowledged, or were given up since somebody has edited the consumer. */
export function floorOf({ ack_floor }: Pick<ConsumerInfo, 'ack_floor'>): number {
  return ack_floor.stream_seq
}
