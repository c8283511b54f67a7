import { InvalidError } from '../errors'

/** Why an entry cannot be added to a queue. */
export function alreadyQueued(): InvalidError {
  const message = 'it is already queued; an entry can be in only one queue'
  return new InvalidError('request', [{ path: [], message }])
}
