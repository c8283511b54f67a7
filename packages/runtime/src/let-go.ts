import { isPromise } from 'node:util/types'

export { isPromise }

/**
 * Lets go of a value that is not used: if it is a promise that rejects, that must not end the process.
 *
 * Calls no `then` of the user's: a query that has not begun stays so.
 */
export function letGo(value: unknown): void {
  if (!isPromise(value)) return
  try {
    void Promise.prototype.then.call(value, undefined, () => undefined)
  } catch {
    // Its class makes no other promises of it. Nothing else can be done.
  }
}
