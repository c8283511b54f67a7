import type { Lab } from './lab'
import { AS_IT_WAS, type Scene } from './scene'
import type { QueueKind } from './queue-kind'
import type { Bounds, Setting } from './setting'

/**
 * The smallest number from `low` to `high` that passes, where all larger ones pass, too; null if none does. Asks first for what is
 * near the guess: a try of a number that is far too small or too large takes no less time.
 */
export async function smallest(
  passes: (n: number) => Promise<boolean>,
  { low, high, guess }: { readonly low: number; readonly high: number; readonly guess: number },
): Promise<number | null> {
  let [below, step] = [low - 1, 1]
  let n = Math.min(high, Math.max(low, guess))
  while (!(await passes(n))) {
    if (n >= high) return null
    below = n
    n = Math.min(high, n + step)
    step *= 2
  }
  let least = n
  while (least - below > 1) {
    const middle = (below + least) >> 1
    if (await passes(middle)) least = middle
    else below = middle
  }
  return least
}

/** The smallest fixed size for one kind of queue; null if even the greatest does not do. */
export async function smallestFixed(
  lab: Lab,
  kind: QueueKind,
  range: { readonly low: number; readonly high: number; readonly guess: number },
  scene: Scene = AS_IT_WAS,
): Promise<Setting | null> {
  const size = await smallest((size) => lab.meets({ size, kind }, scene), range)
  return size === null ? null : { size, kind }
}

/** How long members are kept: less than a second would be more starts than work. */
const IDLES = [1000, 10_000]

/** Elastic sizes around a fixed one, each with the smallest `min` that does. */
export async function elasticSizes(lab: Lab, { size, kind }: Setting, maxSize: number): Promise<Setting[]> {
  const fixed = size as number
  const tops = new Set([fixed, Math.ceil(fixed * 1.5), fixed * 2].map((max) => Math.min(max, maxSize)))
  const tries = [...tops].flatMap((max) => IDLES.map((idle) => ({ max, idle })))
  const found = await Promise.all(
    tries.map(async ({ max, idle }) => {
      const setting = (min: number): Setting => ({ size: { min, max, idle } satisfies Bounds, kind })
      const high = Math.min(max, fixed) - 1
      if (high < 1) return []
      const min = await smallest((min) => lab.meets(setting(min)), { low: 1, high, guess: Math.ceil(fixed / 4) })
      return min === null ? [] : [setting(min)]
    }),
  )
  return found.flat()
}
