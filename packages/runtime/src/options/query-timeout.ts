import { OptionsError } from '../errors'
import { showValue } from './show-value'

/** Checks a timeout of nact's `query`. @throws {OptionsError} if it is not a number of milliseconds */
export function checkQueryTimeout(timeout: unknown): number {
  if (typeof timeout === 'number' && timeout >= 0) return timeout
  const message = `expected milliseconds >= 0, got ${showValue(timeout)}`
  throw new OptionsError(`The timeout of a query is wrong: ${message}.`, [{ path: ['timeout'], message }])
}
