import { letGo as letGoOf } from '@genpool/runtime'
import { isPromise } from 'node:util/types'
import { isRevoked } from './ended-drafts'
import { alsoOfOtherCopy, isStepOfOtherCopy } from './other-copy'
import { RunAgain } from './run-again'
import { Step } from './step'

/** Whether a value is no answer: what a caller would have to await, or a step. */
export function isNoAnswer(value: unknown): boolean {
  return isPromised(value) || isStep(value)
}

/** Whether a value is what a handler returns, of this copy of the package or another. */
export function isStep(value: unknown): boolean {
  return isOf(value, Step) || isStepOfOtherCopy(value)
}

/** Whether a value is one of ours. A draft that has ended, or a proxy of a user, throws when it is asked. */
export function isOf<T extends object>(value: unknown, kind: abstract new (...args: never) => T): value is T {
  try {
    return typeof value === 'object' && value instanceof kind
  } catch {
    return false
  }
}

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

/** What is none in a list of answers, first what says that all of it is to run again; undefined if all are answers. */
export function noAnswerAmong(answers: readonly unknown[]): unknown {
  const found = answers.find(isNoAnswer)
  return found === undefined ? undefined : (answers.find((each) => isOf(each, RunAgain)) ?? found)
}

/** What is wrong with a value that is no answer. */
export function whyNoAnswer(answer: unknown): string {
  if (isStep(answer)) {
    const remedy = 'give the answer itself, and return the step from the handler'
    return `the answer is a step (what reply, noReply and halt return): ${remedy}${alsoOfOtherCopy(answer)}`
  }
  if (isOf(answer, RunAgain)) return `the answer is ${String(answer)}`
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
