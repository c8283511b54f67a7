import { letGo } from '@genpool/runtime'
import { z } from 'zod'
import type { FunctionOf } from './fair-keys'

/** The greatest weight. */
const MOST = 1_000_000

/** How many requests of a key a fair queue serves while it serves one of weight 1: by key (one that is not named has 1), or a function. */
export const fairWeight = z.union([
  z.record(z.string(), z.number().min(1).max(MOST)).describe('The weight of each key; one that is not named has 1.'),
  z
    .custom<FunctionOf<number>>((value) => typeof value === 'function', 'expected a function (key) => weight')
    .describe('A function that returns the weight of a key.'),
])
export type FairWeight = z.output<typeof fairWeight>

/** Returns the weight of each key; null if all are the same. A function that throws, or returns no weight, means 1; so does a key without a text. */
export function weightOf(weight: FairWeight | undefined): ((key: unknown) => number) | null {
  if (weight === undefined) return null
  if (typeof weight === 'function') return (key) => checked(() => weight(key))
  return (key) => checked(() => (Object.hasOwn(weight, String(key)) ? weight[String(key)] : 1))
}

function checked(read: () => unknown): number {
  try {
    const value = read()
    if (typeof value === 'number' && value >= 1) return Math.min(value, MOST)
    letGo(value)
    return 1
  } catch {
    return 1
  }
}
