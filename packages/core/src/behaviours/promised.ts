import { letGo as letGoOf } from '@genpool/runtime'
import { isPromise } from 'node:util/types'
import { isRevoked } from './ended-drafts'

/** Whether a caller would have to await this: a promise, or anything else with a function `then`, such as a query builder. */
export function isPromised(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  try {
    return typeof (value as { readonly then?: unknown }).then === 'function'
  } catch {
    // A `then` that throws when it is read. A draft that has ended has its own error.
    return !isRevoked(value)
  }
}

/** The promise in a list of answers; undefined without one. */
export function promisedAmong(answers: readonly unknown[]): PromiseLike<unknown> | undefined {
  return answers.find(isPromised)
}

/** What is wrong with an answer that is a promise. */
export function whyNotPromised(answer: PromiseLike<unknown>): string {
  const what = isPromise(answer) ? 'a promise' : 'a thenable (an object with a function "then")'
  return `the answer is ${what}: await it before reply`
}

/** Lets go of promises that were given as answers and are not used: one that rejects must not end the process. */
export function letGo(answers: readonly unknown[]): void {
  for (const answer of answers) letGoOf(answer)
}

/** Whether a key is a promise, which nobody wants as a key: it was not awaited. It is let go of. */
export function isPromisedKey(key: unknown): boolean {
  if (typeof key !== 'object' || !isPromised(key)) return false
  letGoOf(key)
  return true
}
