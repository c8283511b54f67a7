import type { Fault } from '@genpool/runtime'
import { z } from 'zod'

/** When healthy members are replaced. */
const recycleOptions = z.strictObject({
  afterMessages: z
    .union([z.number().int().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe('Replaces a member after this many messages.'),
  afterMs: z
    .union([z.number().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe('Replaces a member at this age, in milliseconds.'),
  afterHeapMb: z
    .union([z.number().positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe(
      'Replaces a member when the objects in the heap of its thread take this much memory, in MB. Only for members that have ' +
        'threads of their own.',
    ),
  jitter: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('The random share of these limits, 0 to 1, so that members are not all replaced at the same time.'),
})
export type RecycleRules = z.output<typeof recycleOptions>

/** Whether healthy members are replaced at all. */
export function recycles({ afterMessages, afterMs, afterHeapMb }: RecycleRules): boolean {
  return [afterMessages, afterMs, afterHeapMb].some((limit) => limit !== Infinity)
}

/** What is wrong if members that share a heap have a limit for it; undefined if nothing is. */
export function faultOfHeapLimit({ afterHeapMb }: RecycleRules, sharesHeap: boolean): Fault | undefined {
  if (afterHeapMb === Infinity || !sharesHeap) return undefined
  const message = 'the members of this pool share one thread, and one heap. Use "@genpool/threads", or leave it out'
  return { path: ['recycle', 'afterHeapMb'], message }
}

/** Recycling's share of the pool options. */
export const recycleShape = {
  recycle: recycleOptions.prefault({}).describe('When to replace healthy members.'),
}
