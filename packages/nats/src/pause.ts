import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'

/**
 * A server says that a stream is gone before it has removed the files, and removes those of a new one of that name, too: what that
 * one takes is acknowledged, and lost. With 300 MB, nats-server 2.9.10 removed them within 3 to 81 ms.
 */
export const DELETING_MS = 1000

/** Resolves after so many milliseconds. @param holds whether the process waits for it instead of ending */
export function pause(clock: Clock, ms: number, holds = true): Promise<void> {
  return new Promise((resolve) => clock.setTimer(clock.now() + ms * NS_PER_MS, resolve, holds))
}

/** Waits for `work`, but not longer. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  if (ms === Infinity) return void (await work)
  let timer: Timer | undefined
  const late = new Promise<void>((resolve) => (timer = clock.setTimer(clock.now() + ms * NS_PER_MS, resolve)))
  await Promise.race([work, late])
  timer?.cancel()
}
