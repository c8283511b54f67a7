import { NS_PER_MS, type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { type AgeRules, type LeafRules } from './leaf-queue'

/** A count, or `Infinity` for no bound. */
export const countOrInfinity = z.union([z.number().int().nonnegative(), z.literal(Infinity)])

/** A duration in milliseconds that may be 0. */
export const milliseconds = z.number({ error: 'expected milliseconds >= 0' }).nonnegative()

/** A duration in milliseconds, or `Infinity` for no limit. */
export const millisecondsOrInfinity = z.union([milliseconds, z.literal(Infinity)])

/** Converts milliseconds (options) to nanoseconds (internal). */
export function toNanos(ms: number): Nanos {
  return Math.round(ms * NS_PER_MS)
}

/** Options of every queue that holds requests itself. */
export const leafShape = {
  order: z
    .enum(['fifo', 'lifo'])
    .default('fifo')
    .describe('Which request is served first: the oldest (`fifo`) or the newest (`lifo`).'),
  dropFrom: z
    .enum(['tail', 'head'])
    .default('tail')
    .describe('Which request is dropped when the queue is full: the new one (`tail`) or the oldest (`head`).'),
  max: countOrInfinity
    .default(Infinity)
    .describe('The greatest number that may wait. If it is made smaller, what is too much is dropped at once.'),
}

/** Options of the queues that drop by age, besides `leafShape`. */
export const ageShape = {
  min: z.number().int().nonnegative().default(0).describe('Dropping by age leaves at least this many waiting.'),
}

/** Converts options of `leafShape` to rules. */
export function toLeafRules(options: { order: string; dropFrom: 'tail' | 'head'; max: number }): LeafRules {
  return { lifo: options.order === 'lifo', dropHead: options.dropFrom === 'head', max: options.max }
}

/** Converts options of `leafShape` and `ageShape` to rules. */
export function toAgeRules(options: Parameters<typeof toLeafRules>[0] & { min: number }): AgeRules {
  return { ...toLeafRules(options), min: options.min }
}
