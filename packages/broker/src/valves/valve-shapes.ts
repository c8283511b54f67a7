import { z } from 'zod'
import { countOrInfinity } from '../queues/leaf-options'

/** The bounds of every valve. */
export const boundShape = {
  min: z.number().int().nonnegative().default(0).describe('The number of tasks that may run whatever the rule says.'),
  max: countOrInfinity.default(Infinity).describe('The greatest number of tasks that may run.'),
}

/** Options of the valves that follow the relative time of a queue. */
export const targetShape = {
  target: z
    .number()
    .default(100)
    .describe('More tasks may start while the relative time is below this, in milliseconds; may be negative.'),
}
