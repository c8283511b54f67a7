import { NS_PER_MS, type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { type AgeRules, type LeafRules } from './leaf-queue'

/** A count, or `Infinity` for no bound. */
export const countOrInfinity = z.union([z.number().int().nonnegative(), z.literal(Infinity)])

/** A duration in milliseconds that may be 0. */
export const milliseconds = z.number({ error: 'expected milliseconds >= 0' }).nonnegative()

/** A duration in milliseconds, or `Infinity` for no limit. */
export const millisecondsOrInfinity = z.union([milliseconds, z.literal(Infinity)])

/** Milliseconds of the outside as the nanoseconds of the inside. */
export function toNanos(ms: number): Nanos {
  return Math.round(ms * NS_PER_MS)
}

/** Options of all queues that hold requests themselves. */
export const leafShape = {
  order: z.enum(['fifo', 'lifo']).default('fifo').describe('Who is served first: the oldest or the newest.'),
  dropFrom: z
    .enum(['tail', 'head'])
    .default('tail')
    .describe('Who goes when a request comes to a full queue: the newcomer (tail) or the oldest (head).'),
  max: countOrInfinity.default(Infinity).describe('How many may wait.'),
}

/** Options of the queues that drop by age, besides `leafShape`. */
export const ageShape = {
  min: z.number().int().nonnegative().default(0).describe('Dropping by age never leaves fewer than this many waiting.'),
}

/** The rules that `leafShape` stands for. */
export function toLeafRules(options: { order: string; dropFrom: 'tail' | 'head'; max: number }): LeafRules {
  return { lifo: options.order === 'lifo', dropHead: options.dropFrom === 'head', max: options.max }
}

/** The rules that `leafShape` and `ageShape` stand for. */
export function toAgeRules(options: Parameters<typeof toLeafRules>[0] & { min: number }): AgeRules {
  return { ...toLeafRules(options), min: options.min }
}
