import { z } from 'zod'
import { dropOptions } from '../queues/drop-queue'
import { queueOptions } from '../queues/queue-options'
import { admissionOptions } from './admission/admission-options'

/**
 * How requests wait unless an option says otherwise: without a bound, until their own deadline; in order, unless the oldest
 * runs out of time and the newest does not. Together with the budget it serves a flood at full capacity and does nothing in vain,
 * and refuses nothing that can be served in time.
 */
export const defaultClientQueue = dropOptions.parse({})

/** Options of a broker: how clients wait for members, and how members wait for clients. Times are milliseconds. */
export const brokerOptions = z.strictObject({
  client: queueOptions.default(defaultClientQueue).describe('How requests wait for a member.'),
  member: queueOptions.default(dropOptions.parse({})).describe('How idle members wait for a request.'),
  admission: admissionOptions.default('none'),
  budget: z
    .boolean()
    .default(true)
    .describe('Whether a request is given up, and not started, when too little time is left until its deadline.'),
})
export type BrokerOptions = z.input<typeof brokerOptions>
export type CheckedBrokerOptions = z.output<typeof brokerOptions>
