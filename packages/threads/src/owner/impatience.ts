import { NS_PER_MS, systemClock } from '@genpool/runtime'
import type { Thread } from './thread'

/** How long a thread may work without a pause before it is taken for one that loops, in milliseconds. */
const LOOPING_MS = 250
/** How long a thread may take to come to its end by itself, in milliseconds. */
const PATIENCE_MS = 5_000

/**
 * Ends a thread for which nobody waits any longer: soon if it loops, since then it hears nothing, and can call no `terminate`.
 * One that answers may come to its end by itself, for a while.
 *
 * @param isOver whether it has come to its end, and is to be left alone
 */
export function endSoon(thread: Thread, isOver: () => boolean): void {
  const latest = systemClock.now() + PATIENCE_MS * NS_PER_MS
  const look = (idleMs: number): void => {
    const next = (): void => {
      if (thread.isGone || isOver()) return
      if (thread.idleMs === idleMs || systemClock.now() >= latest) void thread.kill()
      else look(thread.idleMs)
    }
    systemClock.setTimer(systemClock.now() + LOOPING_MS * NS_PER_MS, next, false)
  }
  look(thread.idleMs)
}
