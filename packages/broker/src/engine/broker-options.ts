import { parseOptions, wrongOptions } from '@genpool/runtime'
import { z } from 'zod'
import { dropOptions } from '../queues/drop-queue'
import { limitShape } from '../limits/limit-options'
import { faultOfWeight, sharedByWeight } from '../limits/limit-shares'
import { queueOptions } from '../queues/queue-options'
import { admissionOptions } from './admission/admission-options'

/**
 * The default queue of requests. It has no bound; requests wait until their own deadline. It serves the oldest first, unless
 * the oldest runs out of time and the newest does not. Together with the budget it works at full capacity in a flood, wastes
 * no work, and refuses nothing that can be served in time.
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
    .describe('Whether a request is dropped instead of started when too little time is left before its deadline.'),
})
/** Options of the engine: `brokerOptions`, and its rate and limits per key. */
const engineOptions = z.strictObject({ ...brokerOptions.shape, ...limitShape })
export type EngineOptions = z.input<typeof engineOptions>
export type CheckedEngineOptions = z.output<typeof engineOptions>

const WHAT = 'options of a broker'

/** What `checkEngineOptions` has returned. */
const known = new WeakSet<object>()

/**
 * Checks the options of the engine, also whether they fit together. The queue of the result is the one that weights need.
 *
 * Its result is not checked again: many brokers can share one. Nobody may change it.
 *
 * @throws {OptionsError}
 */
export function checkEngineOptions(options: unknown): CheckedEngineOptions {
  if (known.has(options as object)) return options as CheckedEngineOptions
  const parsed = parseOptions(engineOptions, options, WHAT)
  const fault = faultOfWeight(parsed.client, parsed.limits)
  if (fault !== undefined) throw wrongOptions(WHAT, [fault])
  const checked = { ...parsed, client: sharedByWeight(parsed.client, parsed.limits) }
  known.add(checked)
  return checked
}

export type BrokerOptions = z.input<typeof brokerOptions>
