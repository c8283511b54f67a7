import { showValue, textOf } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { isPromised, letGo, promisedAmong, whyNotPromised } from './promised'
import { Step } from './step'

const NO_STEP = new Step('noReply', undefined, undefined, undefined)

/** What is known of a handler when its result is checked. */
interface Checking {
  readonly type: string
  /** The most messages that one run takes; 0 for one message that is not a list. */
  readonly batch: number
}

/** Checks the answer of a step and its `then` part. @throws {InvalidError} if one is invalid */
export function checkStep(handler: Checking, step: Step): Step {
  const { value } = step
  if (typeof value === 'object' && value !== null) checkAnswer(handler, value)
  return step.then === undefined ? step : checkThen(handler.type, step)
}

/** A promise is no answer: the caller would take over its fate, with no deadline and no code. */
function checkAnswer({ type, batch }: Checking, value: object): void {
  const promised = isPromised(value) ? value : batch > 0 && Array.isArray(value) ? promisedAmong(value) : undefined
  if (promised === undefined) return
  letGo(promised === value ? [value] : (value as unknown[]))
  throw promisedAnswer(type, promised)
}

/** The error of an answer that is a promise. */
export function promisedAnswer(type: string, answer: PromiseLike<unknown>): InvalidError {
  return new InvalidError(`answer of the handler "${type}"`, [{ path: [], message: whyNotPromised(answer) }])
}

function checkThen(type: string, step: Step): Step {
  const timeout: unknown = step.then?.timeout
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return step
  const message = `expected milliseconds >= 0 or Infinity, got ${showValue(timeout)}`
  throw new InvalidError(`result of the handler "${type}"`, [{ path: ['timeout'], message }])
}

/** Checks the result of a call handler. @throws {InvalidError} if it is not a step */
export function callStep(handler: Checking, result: unknown): Step {
  if (result instanceof Step) return checkStep(handler, result)
  throw notAStep(handler.type, result, 'Return reply(value), noReply() to answer later, or halt(reason).')
}

/** Checks the result of a cast handler; nothing becomes `noReply()`. @throws {InvalidError} if it is not a step */
export function castStep(handler: Checking, result: unknown): Step {
  if (result instanceof Step) return checkStep(handler, result)
  if (result === undefined) return NO_STEP
  throw notAStep(
    handler.type,
    result,
    'Return noReply(), halt(reason), or nothing. To change the state: noReply(next).',
  )
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
