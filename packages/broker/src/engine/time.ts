import { type Nanos } from '@genpool/runtime'
import { InvalidError } from '../errors'

/**
 * The time of a call, given that of the one before.
 *
 * @throws {InvalidError} if `now` is before, or no time at all
 */
export function later(before: Nanos, now: Nanos): Nanos {
  return now >= before ? now : refuse(before, now)
}

function refuse(before: Nanos, now: Nanos): never {
  const message =
    `the clock runs backwards: this call is at ${now} ns, and the one before was at ${before} ns. ` +
    'Give times of a monotonic clock'
  throw new InvalidError('call', [{ path: ['now'], message }])
}
