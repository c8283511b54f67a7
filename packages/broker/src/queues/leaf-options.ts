import { z } from 'zod'
import { type LeafRules } from './leaf-queue'

/** A count, or `Infinity` for no bound. */
export const countOrInfinity = z
  .union([z.number().int().nonnegative(), z.literal(Infinity)], { error: 'expected a whole number >= 0, or Infinity' })
  .describe('A whole number, or Infinity.')

/** Options of all queues that hold requests themselves. */
export const leafShape = {
  order: z
    .enum(['fifo', 'lifo'])
    .default('fifo')
    .describe('Who is served first: the oldest (fifo) or the newest (lifo).'),
  dropFrom: z
    .enum(['tail', 'head'])
    .default('tail')
    .describe('Who goes when a request comes to a full queue: the newcomer (tail) or the oldest (head).'),
  max: countOrInfinity.default(Infinity).describe('How many may wait.'),
}

/** The rules that `leafShape` stands for. */
export function toLeafRules(options: { order: string; dropFrom: 'tail' | 'head'; max: number }): LeafRules {
  return { lifo: options.order === 'lifo', dropHead: options.dropFrom === 'head', max: options.max }
}
