import { collect, now, perSecond } from '../../measure'
import { burstOfPushes, callbackQueues } from '../peers'
import { burstOfCasts, pools } from '../pools'
import { BURST, type Contender, type Race, rival } from '../race'

/** A collection takes longer than a burst, so there are few. */
const BURSTS = 3

/**
 * Bursts, each right after a garbage collection.
 *
 * V8 throws optimised code away when a collection finds that nothing of a class is alive on which the code depends.
 */
function afterCollection<T>(instances: readonly T[], serve: (of: T) => Promise<unknown>): Contender {
  let turn = 0
  return {
    unit: BURST,
    run: async () => {
      let seconds = 0
      for (let burst = 0; burst < BURSTS; burst++) {
        collect()
        const start = now()
        await serve(instances[turn++ % instances.length]!)
        seconds += 1 / perSecond(1, start)
      }
      return (BURSTS * BURST) / seconds
    },
  }
}

/** The same bursts without collections. The first three are not measured: they may follow a collection of the other side. */
function undisturbed<T>(instances: readonly T[], burst: (of: T) => Promise<unknown>): Contender {
  let turn = 0
  const next = (): Promise<unknown> => burst(instances[turn++ % instances.length]!)
  return {
    unit: BURST,
    run: async (count) => {
      for (let i = 0; i < 3; i++) await next()
      const start = now()
      for (let done = 0; done < count; done += BURST) await next()
      return perSecond(count, start)
    },
  }
}

export const collections: readonly Race[] = [
  {
    title: 'a burst of 10 000 casts right after a garbage collection',
    ours: (house) => afterCollection(pools(house), burstOfCasts(house)),
    mixed: false,
    compares: 'time',
    rivals: [rival('without one', (house) => undisturbed(pools(house), burstOfCasts(house)), 2, 1.2)],
  },
  {
    title: 'the same with fastq and a callback',
    ours: () => afterCollection(callbackQueues(), burstOfPushes),
    noPool: true,
    mixed: false,
    compares: 'time',
    rivals: [rival('without one', () => undisturbed(callbackQueues(), burstOfPushes))],
  },
]
