import { readSafely } from '@genpool/runtime'
import { isDraft } from 'immer'

/** How V8 and immer report it. Immer's production build has only the number. */
const REPORTED = /proxy that has been revoked|^\[Immer\] minified error nr: 3\b/

/** What is wrong, and what to do. */
export const ENDED_DRAFT =
  'a draft is used after its recipe has returned, and a draft ends with its recipe. In the recipe, keep current(draft) or a ' +
  'copy of what you need; or read the committed state'

/** Whether an error comes from a draft that is used after its recipe has returned. */
export function isEndedDraft(error: unknown): error is Error {
  // A proxy of a user may be thrown, too.
  return readSafely(
    () =>
      error instanceof Error &&
      (REPORTED.test(error.message) || (error.cause !== undefined && isEndedDraft(error.cause))),
    false,
  )
}

/** Whether a value is a draft, also one that has ended. */
export function isLeftDraft(value: object): boolean {
  try {
    return isDraft(value)
  } catch (error) {
    return isEndedDraft(error)
  }
}

/** An error of which `isEndedDraft` says yes. */
export function endedDraft(): Error {
  return new TypeError('a proxy that has been revoked')
}
