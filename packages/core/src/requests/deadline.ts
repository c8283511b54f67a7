import { type Nanos, NS_PER_MS, type Turn } from '@genpool/runtime'

/** A deadline nearer than this is checked against a fresh clock reading; a farther one against one up to 64 short handlers old. */
export const EXACT_WITHIN: Nanos = 1000 * NS_PER_MS

/** Whether a deadline has passed. Timers do not fire while a handler blocks the event loop, so it is checked here, too. */
export function hasPassed(deadline: Nanos, turn: Turn): boolean {
  return deadline !== Infinity && deadline - turn.now() < EXACT_WITHIN && deadline <= turn.refresh()
}
