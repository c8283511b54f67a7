import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'

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
