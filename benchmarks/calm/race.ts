import type { House } from './house'
import { inFlight, now, perSecond } from '../measure'

/** Something that is measured: it is prepared once, and then runs again and again beside others. */
export interface Contender {
  /** It runs a multiple of this many operations. */
  readonly unit: number
  /** Runs `count` operations. Returns operations per second. */
  run(count: number): Promise<number>
}

/** Prepares a contender on the packages of one commit. */
export type Make = (house: House) => Contender | Promise<Contender>

/** What the pool is compared with, and the limit of that ratio; null for a rival that is only there for comparison. */
export interface Rival {
  readonly name: string
  readonly make: Make
  readonly atLeast: number | null
  readonly aim: number | null
}

/** A pool and its rivals. All of them do the same, in the same rounds of the same process. */
export interface Race {
  readonly title: string
  readonly ours: Make
  readonly rivals: readonly Rival[]
  /** Whether it also runs in the process with all others. Not if it would slow them all down. */
  readonly mixed: boolean
  /** Set if no side is a pool, so the commit before would be the same. */
  readonly noPool?: true
  /** How often it runs, if that takes long. Default 3 processes with 24 rounds each. */
  readonly effort?: { readonly processes: number; readonly rounds: number }
  /** What the ratio compares. With `time` the ratio is ours to theirs, and less is better. Default `rate`. */
  readonly compares?: 'rate' | 'time'
}

/** A process of an application has more than one pool, and more than one queue. */
const INSTANCES = 4
/** Requests that are queued at once: a batch, not an overload. */
export const BURST = 10_000

/** Four of something. */
export function four<T>(make: () => T): readonly T[] {
  return Array.from({ length: INSTANCES }, make)
}

export function rival(name: string, make: Make, atLeast: number | null = null, aim: number | null = null): Rival {
  return { name, make, atLeast, aim }
}

/** Keeps `width` operations in flight. They go to the instances in turn; each gets its number for a message of its own. */
export function lanes<T>(width: number, instances: readonly T[], operation: (to: T, i: number) => unknown): Contender {
  const { length } = instances
  return { unit: width, run: (count) => inFlight(width, count, (i) => operation(instances[i % length]!, i)) }
}

/** Runs bursts, one instance after the other. The rate covers the time until the last request of each is handled. */
export function bursts<T>(instances: readonly T[], burst: (of: T) => Promise<unknown>, size = BURST): Contender {
  let turn = 0
  return {
    unit: size,
    run: async (count) => {
      const start = now()
      for (let done = 0; done < count; done += size) await burst(instances[turn++ % instances.length]!)
      return perSecond(count, start)
    },
  }
}
