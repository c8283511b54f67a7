import { isGenPoolError } from '@genpool/runtime'
import { ENDED_DRAFT, isEndedDraft } from '@genpool/state-ane'

/** How many parts of an answer are looked at: an answer is never a long walk. */
const PARTS = 50

/** What a user's function threw; in place of the bare error of a revoked proxy, one that says what to do. */
export function readable(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && isRevoked(error)) return new TypeError(REVOKED)
  const isBare = isEndedDraft(error) && !isGenPoolError(error) && !error.message.endsWith(ENDED_DRAFT)
  return isBare ? new TypeError(ENDED_DRAFT, { cause: error }) : error
}

const REVOKED = `what was thrown is a proxy that has been revoked, so nobody can read it. If it is a draft: ${ENDED_DRAFT}`

/** Whether `value` itself is a draft whose recipe has returned. Cheap enough for every answer that is an object. */
export function isRevoked(value: unknown): boolean {
  try {
    Array.isArray(value)
    return false
  } catch {
    return true
  }
}

/**
 * Looks for a draft whose recipe has returned: the answer itself, or in its plain objects, arrays, maps and sets, among its
 * first 50 parts. Costs about 15 ns for an answer of two values.
 *
 * @returns the error that says what to do; undefined if there is none
 */
export function draftIn(answer: unknown): Error | undefined {
  if (typeof answer === 'function' && isRevoked(answer))
    return new TypeError('the answer is a proxy whose revoke() was called, so nobody can read it')
  if (typeof answer !== 'object' || answer === null) return undefined
  try {
    touch(answer, PARTS)
  } catch (error) {
    // A getter of the answer may throw, too. That is for those who read it.
    if (isEndedDraft(error)) return new TypeError(`the answer is or holds a draft: ${ENDED_DRAFT}`, { cause: error })
  }
  return undefined
}

/**
 * Touches a value and its parts, which throws at a revoked proxy. Returns how many parts may still be touched.
 *
 * It does not ask whether a value is frozen, which would cost more than the parts of most answers.
 */
function touch(value: object, left: number): number {
  if (Array.isArray(value)) return touchItems(value, left)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    for (const key in value) {
      if (--left < 0) return left
      const part: unknown = (value as Record<string, unknown>)[key]
      if (typeof part === 'object' && part !== null) left = touch(part, left)
    }
  } else if (value instanceof Map || value instanceof Set) return touchEntries(value, left)
  return left
}

function touchItems(items: readonly unknown[], left: number): number {
  for (let i = 0; i < items.length && --left >= 0; i++) {
    const part = items[i]
    if (typeof part === 'object' && part !== null) left = touch(part, left)
  }
  return left
}

/** The draft of a map or a set is no proxy: it throws at its first use. */
function touchEntries(entries: Map<unknown, unknown> | Set<unknown>, left: number): number {
  for (const part of entries.values()) {
    if (--left < 0) break
    if (typeof part === 'object' && part !== null) left = touch(part, left)
  }
  return left
}
