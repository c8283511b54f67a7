import { type Nanos, NS_PER_MS, type Turn } from '@genpool/runtime'

/** A deadline nearer than this is checked against a fresh clock reading; a farther one against one up to 16 short handlers old. */
const EXACT_WITHIN: Nanos = 1000 * NS_PER_MS

/** Whether a deadline is so far away that it has not passed, whatever the clock says. Infinity is. */
export function isFar(deadline: Nanos, now: Nanos): boolean {
  return deadline - now >= EXACT_WITHIN
}

/** Whether a deadline has passed. Timers do not fire while a handler blocks the event loop, so it is checked here, too. */
export function hasPassed(deadline: Nanos, turn: Turn): boolean {
  return deadline !== Infinity && deadline - turn.now() < EXACT_WITHIN && deadline <= turn.refresh()
}
