import { z } from 'zod'
import { gradientNumbers } from '../gradient/gradient-options'

const interval = z.number().positive()

const codel = z
  .strictObject({
    type: z.literal('codel'),
    target: z
      .number()
      .nonnegative()
      .default(10)
      .describe('Members are short while one has been idle for less than this, in milliseconds.'),
    interval: interval
      .default(100)
      .describe(
        'How long they must be short before one starts, in milliseconds. The more have started, the sooner the next one does.',
      ),
  })
  .describe('Starts members, ever more often, while they have been short for a whole `interval`.')
const relative = z
  .strictObject({
    type: z.literal('relative'),
    target: z
      .number()
      .nonnegative()
      .default(10)
      .describe('Members are short while one has been idle for less than this, in milliseconds.'),
  })
  .describe('Starts one member each time that members are found short.')
const rate = z
  .strictObject({
    type: z.literal('rate'),
    limit: z
      .number()
      .int()
      .positive()
      .default(10)
      .describe('How many members may start within `interval`, the first `min` included.'),
    interval: interval.default(1000).describe('The window of `limit`, in milliseconds.'),
  })
  .describe('Starts members when none is idle, at most `limit` within an interval.')
const open = z.strictObject({ type: z.literal('open') }).describe('Starts a member each time that none is idle.')
const gradient = z
  .strictObject({ type: z.literal('gradient'), ...gradientNumbers })
  .describe('Starts members when none is idle, up to the number that may work at once, which is a limit that learns.')

const valves = { codel, relative, rate, open, gradient }

/** A number of members between two bounds. Times are milliseconds. */
export const sizeOptions = z
  .strictObject({
    min: z
      .number()
      .int()
      .nonnegative()
      .default(1)
      .describe('The least number of members. With 0 the first request starts one.'),
    max: z
      .number()
      .int()
      .positive()
      .max(1_000_000)
      .describe('The greatest number of members, starts in flight included.'),
    valve: z
      .union([
        z.enum(['codel', 'relative', 'rate', 'open', 'gradient']),
        z.discriminatedUnion('type', [codel, relative, rate, open, gradient]),
      ])
      .default('codel')
      .describe('Decides when one more may start.'),
    idle: z
      .number()
      .nonnegative()
      .default(10_000)
      .describe('Members that were not needed for this long end, in milliseconds.'),
    update: interval
      .default(10)
      .describe('How often a start is considered, in milliseconds. Members start one at a time.'),
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'min must not be greater than max' })
  .describe('The bounds of an elastic size, and when it changes.')
export type CheckedSizeOptions = z.output<typeof sizeOptions>
export type CheckedSizeValve = Exclude<CheckedSizeOptions['valve'], string>

/** A valve's name stands for its options with all defaults. */
export function valveInFull(valve: CheckedSizeOptions['valve']): CheckedSizeValve {
  return typeof valve === 'string' ? valves[valve].parse({ type: valve }) : valve
}
