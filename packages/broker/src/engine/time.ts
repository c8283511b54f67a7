import { type Nanos } from '@genpool/runtime'
import { InvalidError } from '../errors'

/**
 * Returns the time of a call, checked against the time of the call before.
 *
 * @throws {InvalidError} if `now` is earlier, or not a number
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
