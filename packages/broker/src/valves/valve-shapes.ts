import { z } from 'zod'
import { countOrInfinity } from '../queues/leaf-options'

/** Bounds of all valves. */
export const boundShape = {
  min: z.number().int().nonnegative().default(0).describe('As many tasks may always run.'),
  max: countOrInfinity.default(Infinity).describe('More tasks never start.'),
}

/** What a valve that listens to a queue wants to hear. */
export const targetShape = {
  target: z
    .number()
    .default(100)
    .describe('More tasks may start while the relative time is below this, in milliseconds; may be negative.'),
}
