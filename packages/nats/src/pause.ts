import { type Clock, NS_PER_MS } from '@genpool/runtime'

/** Resolves after so many milliseconds. @param holds whether the process waits for it instead of ending */
export function pause(clock: Clock, ms: number, holds = true): Promise<void> {
  return new Promise((resolve) => clock.setTimer(clock.now() + ms * NS_PER_MS, resolve, holds))
}
