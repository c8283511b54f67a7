import { showValue, textOf } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { Step } from './step'

const NO_STEP = new Step('noReply', undefined, undefined, undefined)

/** Checks the `then` part of a step. @throws {InvalidError} if it is invalid */
export function checkThen(type: string, step: Step): Step {
  const timeout: unknown = step.then?.timeout
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return step
  const message = `expected milliseconds >= 0 or Infinity, got ${showValue(timeout)}`
  throw new InvalidError(`result of the handler "${type}"`, [{ path: ['timeout'], message }])
}

/** Checks the result of a call handler. @throws {InvalidError} if it is not a step */
export function callStep(type: string, result: unknown): Step {
  if (result instanceof Step) return checkThen(type, result)
  throw notAStep(type, result, 'Return reply(value), noReply() to answer later, or halt(reason).')
}

/** Checks the result of a cast handler; nothing becomes `noReply()`. @throws {InvalidError} if it is not a step */
export function castStep(type: string, result: unknown): Step {
  if (result instanceof Step) return checkThen(type, result)
  if (result === undefined) return NO_STEP
  throw notAStep(type, result, 'Return noReply(), halt(reason), or nothing. To change the state: noReply(next).')
}

/** The step that answers with the result of a function. */
export function answerStep(result: unknown): Step {
  // A function as the value of a step makes the answer; here it is the answer.
  const value = typeof result === 'function' ? () => result : result
  return new Step('reply', value, undefined, undefined)
}

function notAStep(type: string, result: unknown, remedy: string): InvalidError {
  const message = `the handler returned ${nameOf(result)}. ${remedy}`
  return new InvalidError(`result of the handler "${type}"`, [{ path: [], message }])
}

function nameOf(result: unknown): string {
  if (result === undefined) return 'nothing (undefined)'
  if (result === null) return 'null'
  if (typeof result === 'object') return 'an object that is not a step'
  if (typeof result === 'string') return `the string "${result.slice(0, 40)}"`
  return `the ${typeof result} ${textOf(result).slice(0, 40)}`
}
