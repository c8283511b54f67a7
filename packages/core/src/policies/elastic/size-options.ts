import { inOrder } from '@genpool/runtime'
import { z } from 'zod'
import { gradientNumbers } from '../gradient/gradient-options'

const interval = z.number().positive()
const SHORT = 'The pool is short of members while none has been idle for this long, in milliseconds.'

const codel = z
  .strictObject({
    type: z.literal('codel'),
    target: z.number().nonnegative().default(10).describe(SHORT),
    interval: interval
      .default(100)
      .describe(
        'How long the pool must be short of members before it starts one, in milliseconds. While it stays short, members start faster and faster.',
      ),
  })
  .describe('Starts members, faster and faster, once the pool has been short of them for a whole `interval`.')
const relative = z
  .strictObject({
    type: z.literal('relative'),
    target: z.number().nonnegative().default(10).describe(SHORT),
  })
  .describe('Starts one member at each check that finds the pool short of members.')
const rate = z
  .strictObject({
    type: z.literal('rate'),
    limit: z
      .number()
      .int()
      .positive()
      .default(10)
      .describe('How many members may start within `interval`. The first `min` members count, too.'),
    interval: interval.default(1000).describe('The window of `limit`, in milliseconds.'),
  })
  .describe('Starts one member at each check that finds none idle, at most `limit` within `interval`.')
const open = z
  .strictObject({ type: z.literal('open') })
  .describe('Starts one member at each check that finds none idle.')
const gradient = z
  .strictObject({ type: z.literal('gradient'), ...gradientNumbers })
  .describe('Starts one member at each check that finds none idle, up to a limit that it learns from run times.')

/** The valves by name. */
const valves = { codel, relative, rate, open, gradient }

/** A number of members between two bounds. Times are milliseconds. */
export const sizeOptions = z
  .strictObject({
    min: z
      .number()
      .int()
      .nonnegative()
      .default(1)
      .describe('The smallest number of members. With 0, the first request starts one.'),
    max: z
      .number()
      .int()
      .positive()
      .max(1_000_000)
      .describe('The largest number of members. Members that are starting count, too.'),
    valve: z
      .union([
        z.enum(['codel', 'relative', 'rate', 'open', 'gradient']),
        z.discriminatedUnion('type', [codel, relative, rate, open, gradient]),
      ])
      .default('codel')
      .describe('Decides when the pool starts one more member.'),
    idle: z
      .number()
      .nonnegative()
      .default(10_000)
      .describe('If at least N members were idle for this whole time, N end, in milliseconds. At least `update`.'),
    update: interval
      .default(10)
      .describe('How often the pool checks whether to start a member, in milliseconds. Each check starts at most one.'),
  })
  .refine(...inOrder('min', 'max'))
  .describe('The bounds of an elastic size, and when it changes.')
export type CheckedSizeOptions = z.output<typeof sizeOptions>
export type CheckedSizeValve = Exclude<CheckedSizeOptions['valve'], string>

/** The options of a valve; its name alone means all defaults. */
export function valveInFull(valve: CheckedSizeOptions['valve']): CheckedSizeValve {
  return typeof valve === 'string' ? valves[valve].parse({ type: valve }) : valve
}
