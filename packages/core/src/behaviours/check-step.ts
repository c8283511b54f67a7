import { textOf } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { isNoAnswer, isOf, isStep, letGo, noAnswerAmong, whyNoAnswer } from './answerable'
import { isFault, thenOf } from './check-then'
import { alsoOfOtherCopy, isMarked, isOfOtherCopy, resultOfOtherCopy } from './other-copy'
import { RunAgain } from './run-again'
import { Step } from './step'

const NO_STEP = new Step('noReply', undefined, undefined, undefined)

/** What is known of a handler when its result is checked. */
interface Checking {
  readonly type: string
  /** The most messages that one run takes; 0 for one message that is not a list. */
  readonly batch: number
}

/**
 * Checks the answer of a step and what follows it.
 *
 * @throws {InvalidError} if one is invalid
 * @throws {RunAgain} if one says that the message is to run again
 */
export function checkStep(handler: Checking, step: Step): Step {
  const { value, next } = step
  if (typeof value === 'object' && value !== null) checkAnswer(handler, value)
  if (typeof next === 'object' && next !== null) checkNext(handler, next)
  return step.following === undefined ? step : checkThen(handler.type, step)
}

/** A promise is no answer: the caller would take over its fate, with no deadline and no code. */
function checkAnswer({ type, batch }: Checking, value: object): void {
  const found = isNoAnswer(value) ? value : batch > 0 && Array.isArray(value) ? noAnswerAmong(value) : undefined
  if (found === undefined) return
  letGo(found === value ? [value] : (value as unknown[]))
  throw isOf(found, RunAgain) ? found : invalidAnswer(type, found)
}

function checkNext({ type }: Checking, next: object): void {
  if (!mayBeOurs(next)) return
  if (isOf(next, RunAgain)) throw next
  if (!isStep(next)) return
  const message = `the next state is a step (what reply, noReply and halt return): give the state itself${alsoOfOtherCopy(next)}`
  throw new InvalidError(`result of the handler "${type}"`, [{ path: ['next'], message }])
}

/**
 * Fast path: the next state of nearly every handler is none of ours, and is asked once, not three times by functions for any class. Saves 5 %
 * of a call whose handler returns the next state.
 */
function mayBeOurs(next: object): boolean {
  try {
    return next instanceof RunAgain || next instanceof Step || isMarked(next)
  } catch {
    // A draft that has ended, or a proxy of a user.
    return true
  }
}

/** The error of an answer that is none, such as a promise. */
export function invalidAnswer(type: string, answer: unknown): InvalidError {
  return new InvalidError(`answer of the handler "${type}"`, [{ path: [], message: whyNoAnswer(answer) }])
}

function checkThen(type: string, { kind, value, next, following: given }: Step): Step {
  if (isOf(given, RunAgain)) throw given
  const then = thenOf(given)
  if (isFault(then)) throw new InvalidError(`result of the handler "${type}"`, [then])
  for (const each of [then.halt, then.continue]) if (isOf(each, RunAgain)) throw each
  return new Step(kind, value, next, then)
}

/** Checks the result of a call handler. @throws {InvalidError} if it is not a step */
export function callStep(handler: Checking, result: unknown): Step {
  if (result instanceof Step) return checkStep(handler, result)
  throw notAStep(
    handler.type,
    result,
    'Return reply(value) or reply(value, nextState), noReply() to answer later, or halt(reason).',
  )
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

/** The step that answers with the result of a function, which may be a step. */
export function answerStep(handler: Checking, result: unknown): Step {
  if (result instanceof Step) return checkStep(handler, result)
  // A function as the value of a step makes the answer; here it is the answer.
  if (isOfOtherCopy(result)) throw resultOfOtherCopy(`the handler "${handler.type}"`)
  const value = typeof result === 'function' ? () => result : result
  return new Step('reply', value, undefined, undefined)
}

/** Stands for a step that a plain nact function returned. */
export const MISPLACED_STEP = Symbol('a step of a plain nact function')

/** The step of what a plain nact function returned: its next state. @throws {InvalidError} if that is a step */
export function nextStep(next: unknown): Step {
  if (next === MISPLACED_STEP || isOf(next, Step) || isOfOtherCopy(next))
    throw new InvalidError('result of the handler "message"', [misplaced(next)])
  return new Step('state', undefined, next, undefined)
}

const MISPLACED =
  'it is a step (what reply, noReply and halt return), and a plain nact function, (state, message, ctx), returns its next state. ' +
  'To return steps, write definePool({ calls: { type: (message, state, ctx) => reply(answer) } }), or handleCall and handleCast'

function misplaced(next: unknown): { readonly path: readonly []; readonly message: string } {
  return { path: [], message: `${MISPLACED}${alsoOfOtherCopy(next)}` }
}

function notAStep(type: string, result: unknown, remedy: string): InvalidError {
  if (isOfOtherCopy(result)) return resultOfOtherCopy(`the handler "${type}"`)
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
