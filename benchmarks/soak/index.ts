import { inspect } from '@genpool/core'
import { start, stop } from 'nact'
import { bytesOf } from '../heap'
import { tell } from '../lasting'
import { collect, inFlight, type Row } from '../measure'
import { openLoop } from './load'
import { Overhead } from './overhead'
import { type Fate, send, soakedPool } from './requests'
import { rowsOf } from './rows'
import type { Soaked } from './soaked'

/** How many calls find out what the pool can serve. */
const CALIBRATION = 300_000
const WIDTH = 256
/** The share of what the pool can serve. */
const LOAD = 0.5
const TENTHS = 10
/** A garbage collection is forced this often, in milliseconds. V8 adds its own. */
const COLLECT_EVERY = 5000
/** Objects of an application, which each collection has to look at. */
const BALLAST = 300_000

/**
 * Runs a pool at half load for so many minutes. Of each hundred requests, one crashes, one is aborted and one times out.
 * Every request must get its outcome, the others must be answered at once, and the heap must not grow.
 */
export async function soak(minutes: number): Promise<{ readonly soaked: Soaked; readonly rows: readonly Row[] }> {
  const unhandled: unknown[] = []
  process.on('unhandledRejection', (reason) => unhandled.push(reason))
  const system = start()
  const pool = soakedPool(system)
  const fates: Record<Fate, number> = { answered: 0, crashed: 0, cancelled: 0, expired: 0, dropped: 0, other: 0 }
  let sent = 0
  const one = async (): Promise<Fate> => {
    const fate = await send(pool, sent++)
    fates[fate]++
    return fate
  }

  const capacity = await inFlight(WIDTH, CALIBRATION, one)
  const ballast = await bytesOf(() => Array.from({ length: BALLAST }, (_, id) => ({ id, next: null })))
  const overhead = new Overhead()
  const preempted = -process.resourceUsage().involuntaryContextSwitches
  const arrive = async (): Promise<void> => {
    const from = performance.now()
    if ((await one()) === 'answered') overhead.add(from, performance.now())
  }
  const collecting = setInterval(collect, COLLECT_EVERY)
  const settling = setInterval(() => overhead.settle(), 1000)
  const heaps: number[] = []
  const lost: number[] = []
  for (let tenth = 0; tenth < TENTHS; tenth++) {
    tell('soak', tenth / TENTHS, minutes)
    lost.push(await openLoop(capacity * LOAD, (minutes * 60_000) / TENTHS, () => void arrive()))
    collect()
    heaps.push(process.memoryUsage().heapUsed - ballast)
  }
  clearInterval(collecting)
  clearInterval(settling)
  // The last requests with a timeout.
  await new Promise((resolve) => setTimeout(resolve, 100))
  overhead.close()
  const { outcomes, accepted, waiting, late } = inspect(pool)
  stop(system)
  const soaked: Soaked = {
    minutes,
    perSecond: capacity * LOAD,
    lost: lost.reduce((sum, share) => sum + share, 0) / lost.length,
    sent,
    fates,
    overhead,
    heaps,
    accepted,
    settled: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
    left: waiting + late,
    unhandled: unhandled.length,
    preempted: preempted + process.resourceUsage().involuntaryContextSwitches,
  }
  return { soaked, rows: rowsOf(soaked) }
}
