import { COMMITTED_BEFORE, count, InvalidError } from '@genpool/runtime'
import { isNoAnswer } from '../behaviours/answerable'
import { draftIn, isRevoked } from '../behaviours/ended-drafts'
import type { Step } from '../behaviours/step'
import type { Failures } from '../requests/failures'
import type { Rarely } from '../requests/rarely'
import type { Request } from '../requests/request'

/** What answering needs of the pool. */
export interface Answering {
  readonly failures: Failures
  /** Calls a user callback; what it throws is reported. */
  readonly callbacks: { callSafely(callback: () => unknown, name?: string): void }
}

/**
 * Gives the answers of a run whose commit is done, then calls its effects.
 *
 * @param request whose context the handler had
 * @param batch the requests whose messages the handler got; null if it was that of `request` alone
 * @param state what the commit left
 */
export function giveAnswers(
  { request, batch }: { readonly request: Request; readonly batch: readonly Request[] | null },
  step: Step,
  state: unknown,
  pool: Answering,
): void {
  const { rarely } = request
  if (rarely !== null) rarely.committed = hasChanged(step)
  rarely?.scope?.committed()
  try {
    if (batch !== null) answerBatch(step, state, batch)
    else if (!giveHeld(request) && step.kind === 'reply') giveAnswer(request, valueOf(step, state), step)
  } catch (error) {
    for (const each of batch ?? [request]) failAfter(step, each, error)
  }
  if (rarely !== null && rarely.effects !== null) callEffects(rarely, rarely.effects, state, pool)
}

/** Gives the answer that the handler gave through `ctx.from`, before its commit. Returns whether it did. */
function giveHeld(request: Request): boolean {
  const { rarely } = request
  if (rarely === null || rarely.held === null) return false
  const { value, isRefused } = rarely.held
  if (isRefused === true) request.succeed(value, true)
  else request.give(value)
  return true
}

/** The same for one request, if nothing in it or in the step is special. */
export function giveShortly(request: Request, step: Step): void {
  if (step.kind === 'reply') {
    if (typeof step.value === 'object' && mayHoldDraft(step)) giveAnswer(request, step.value, step)
    else request.reply(step.value, true)
  } else if (step.next !== undefined && request.expectsAnswer) request.extend().committed = true
}

/** Whether an answer may hold a draft of the recipe that has just run, or is one of an earlier recipe. */
function mayHoldDraft({ value, next }: Step): boolean {
  return typeof next === 'function' || isRevoked(value)
}

/** Gives an answer that may hold a draft of the recipe that has just run, or may be a promise that the user's function returned. */
function giveAnswer(request: Request, value: unknown, step: Step): void {
  const draft = draftIn(value)
  if (draft !== undefined) return failAfter(step, request, draft)
  if (isNoAnswer(value)) request.extend().committed = hasChanged(step)
  request.succeed(value, true)
}

function failAfter(step: Step, request: Request, cause: unknown): void {
  request.extend().committed = hasChanged(step)
  request.fail(request.owner.failures.unanswerable(request, cause))
}

/** Whether a step that is committed has changed the state. */
function hasChanged({ next }: Step): boolean {
  return next !== undefined
}

function callEffects(rarely: Rarely, effects: NonNullable<Rarely['effects']>, state: unknown, pool: Answering): void {
  const { scope } = rarely
  rarely.effects = null
  for (const effect of effects) {
    pool.callbacks.callSafely(
      () => (scope === null ? effect(state) : scope.within(() => effect(state))),
      'ctx.afterCommit',
    )
  }
}

/** The answer of a step, given the state that its commit left. Throws what the user's function throws. */
function valueOf(step: Step, state: unknown): unknown {
  return typeof step.value === 'function' ? (step.value as (state: unknown) => unknown)(state) : step.value
}

/**
 * Gives each request of a batch its part of the answer. One that was answered before the commit gets that answer. A step that does
 * not reply answers no other.
 */
function answerBatch(step: Step, state: unknown, requests: readonly Request[]): void {
  if (step.kind !== 'reply') {
    for (const request of requests) {
      if (hasChanged(step) && request.expectsAnswer) request.committed()
      giveHeld(request)
    }
    return
  }
  const values = valueOf(step, state)
  if (Array.isArray(values) && values.length === requests.length) {
    return requests.forEach((request, i) => {
      if (request.rarely !== null) request.rarely.committed = hasChanged(step)
      if (!giveHeld(request)) giveAnswer(request, values[i], step)
    })
  }
  const got = Array.isArray(values) ? `a list of ${values.length}` : `no list`
  const message = `a batch of ${count(requests.length, 'message')} must be answered with a list of ${count(requests.length, 'answer')}; it was ${got}`
  const error = new InvalidError(
    `answer of the handler "${requests[0]?.type ?? ''}"`,
    [{ path: [], message }],
    undefined,
    hasChanged(step) ? COMMITTED_BEFORE : undefined,
  )
  for (const request of requests) {
    if (hasChanged(step)) failAfter(step, request, error)
    else request.fail(error)
  }
}
