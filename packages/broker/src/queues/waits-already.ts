import { InvalidError } from '../errors'

/** Why an entry cannot be added to a queue. */
export function waitsAlready(): InvalidError {
  const message = 'it waits already; an entry can be in one queue only'
  return new InvalidError('request', [{ path: [], message }])
}
