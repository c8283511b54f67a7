import { z } from 'zod'
import { queueOptions } from '../queues/queue-options'

/** Options of a broker: how clients wait for members, and how members wait for clients. Times are milliseconds. */
export const brokerOptions = z.strictObject({
  client: queueOptions
    .default({ type: 'drop', order: 'fifo', dropFrom: 'tail', max: Infinity })
    .describe('How requests wait for a member.'),
  member: queueOptions
    .default({ type: 'drop', order: 'fifo', dropFrom: 'tail', max: Infinity })
    .describe('How idle members wait for a request.'),
})
export type BrokerOptions = z.input<typeof brokerOptions>
