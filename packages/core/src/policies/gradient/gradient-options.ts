import { z } from 'zod'

/** The numbers of a gradient limit, wherever its bounds come from. */
export const gradientNumbers = {
  initial: z.number().int().positive().default(10).describe('How many run at once before anything is known.'),
  tolerance: z
    .number()
    .min(1)
    .default(1.1)
    .describe('How many times longer than without a load a run may take before fewer run at once.'),
  smoothing: z
    .number()
    .positive()
    .max(1)
    .default(0.3)
    .describe('How far the limit moves towards the result of one window, 0 to 1.'),
  window: z
    .number()
    .positive()
    .default(100)
    .describe('The shortest time over which run times are averaged, in milliseconds.'),
  probe: z
    .number()
    .positive()
    .default(10_000)
    .describe(
      'How often run times are measured with half as many running, in milliseconds; at most once per 100 runs.',
    ),
}

const bound = z.number().int().positive()

/** A limit that learns, with bounds of its own. */
export const gradientOptions = z
  .strictObject({
    type: z.literal('gradient').default('gradient'),
    min: bound.default(1).describe('The least that may run at once.'),
    max: z
      .union([bound, z.literal(Infinity)])
      .default(Infinity)
      .describe('The most that may run at once.'),
    ...gradientNumbers,
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'min must not be greater than max' })
  .describe('Learns how many may run at once from how long runs take.')

/** The rules of a gradient limit. Times are milliseconds. */
export type GradientRules = Omit<z.output<typeof gradientOptions>, 'type'>
