import { type DropFacts, DroppedError } from '@genpool/broker'
import {
  CancelledError,
  ExpiredError,
  type GenPoolError,
  isGenPoolError,
  NS_PER_MS,
  READ_FIRST,
  type Remedy,
  StoppedError,
  textOf,
  type Turn,
  WRITTEN,
} from '@genpool/runtime'
import { InvalidError, isEndedDraft } from '@genpool/state-ane'
import { isOf, whyNoAnswer } from '../behaviours/answerable'
import { readable } from '../behaviours/ended-drafts'
import { CrashedError } from '../errors'
import { circleInWords } from './circle-words'
import type { DropCause, Remedies } from './remedies'
import type { Request } from './request'
import type { Commit } from './request-owner'
import { selfWaitOf } from './self-wait'

/** Said of a message whose handler ended its run with `ctx.backOff(ms, { again: true })`. */
const RAN_BEFORE = ' It has run before, and waited to be run again: it may have had effects.'

/** Said of a handler that threw what `ctx.backOff(ms)` has returned. */
const BACKED_OFF = ' ctx.backOff(ms) returns nothing to throw: only with { again: true } it does.'

/** What is said of a request that fails although its commit counts, or may. */
const COMMITS = {
  written: WRITTEN,
  done: 'its commit was done, and only the answer was missing',
  kept: 'a plain nact function keeps what it returns as its state, also for a caller that no longer waits',
}
/** Said of a cast that a queue has dropped by the age of its place. */
const OLD_PLACE = {
  why: 'the place that it took over from an older cast of its "latest" was too old',
  says: 'Add members, raise "timeout", or send fewer requests.',
}
/** Said of a message that was left by its caller, and by nobody else who waits for the same run. */
const GOES_ON = 'others wait for the same run, and it goes on for them'
const WHILE_WRITTEN: Remedy = { says: 'If that takes long, raise "timeout", or see what the store waits for.' }
const NO_TIME: Remedy = {
  says: 'It came with no time left. Give it a "timeout" above 0, or what is left of a deadline that is still to come.',
}
const UNANSWERED: Remedy = { says: 'Answer with the commit, or raise "timeout".' }
const STILL_RUNS: Remedy = { says: 'Make the handler faster, or raise "timeout".' }

function withCommit(commit: Commit, remedy = commit === 'kept' ? STILL_RUNS : UNANSWERED): Remedy {
  return { ...remedy, why: commit === 'shared' ? GOES_ON : `the request was run, and ${COMMITS[commit]}` }
}

/** Where a drop comes from. Default: from the pool, and only its facts are known. */
interface DropOrigin {
  readonly cause?: DropCause
  readonly target?: string
}

/** Makes the errors of one pool, with its name and the facts of the request. */
export class Failures {
  constructor(
    private readonly pool: string,
    private readonly turn: Turn,
    /** The status of the pool. */
    private readonly status: { readonly cause: unknown },
    private readonly remedies: Remedies,
  ) {}

  crashed(request: Request, cause: unknown): CrashedError {
    const { commit } = request
    const committed = commit === 'done' || (commit === 'written' && 'maybe')
    const member = request.runner?.info.name ?? ''
    return new CrashedError(this.pool, member, request.type, readable(cause), committed, hintFor(request, cause))
  }

  /** Somebody has failed it by its reply address: while its handler runs, or later. */
  failedByAddress(request: Request, cause: unknown): CrashedError {
    const why = whyChangedAllTheSame(request)
    if (why === null) return this.crashed(request, cause)
    const member = request.runner?.info.name ?? ''
    return new CrashedError(this.pool, member, request.type, readable(cause), 'maybe', '', why)
  }

  /** What was given as its answer is none: a promise, or a step. */
  noAnswer(request: Request, value: unknown): CrashedError {
    return this.unanswerable(request, new TypeError(whyNoAnswer(value)))
  }

  /** The run is done, its commit too if it had one, and the answer could not be made or given. */
  unanswerable(request: Request, cause: unknown): CrashedError {
    const member = request.runner?.info.name ?? ''
    return new CrashedError(this.pool, member, request.type, readable(cause), request.rarely?.committed === true)
  }

  /** Its commit is done, and its answer is lost. */
  unanswered(request: Request, cause: unknown): CrashedError {
    return new CrashedError(this.pool, request.runner?.info.name ?? '', request.type, cause, true)
  }

  expired(request: Request): ExpiredError {
    const { deadline } = request
    const { started, waits, commit } = howFar(request)
    const { cameAt, rarely } = request.timedAs
    const { sentAt, timeout } = rarely?.tries?.whole ?? { sentAt: cameAt, timeout: (deadline - cameAt) / NS_PER_MS }
    const remedy =
      commit === 'written'
        ? (this.remedies.ofWritten() ?? WHILE_WRITTEN)
        : timeout <= 0 && !started
          ? NO_TIME
          : (selfWaitInWords(request) ??
            (started ? this.remedies.ofRunning(request) : this.remedies.ofWaiting(request)))
    const why = commit !== null ? withCommit(commit, remedy) : waits === null ? remedy : whileWaiting(waits, remedy)
    const waitedMs = (this.turn.now() - sentAt) / NS_PER_MS
    return new ExpiredError(
      this.pool,
      waitedMs,
      started,
      why,
      deadline === Infinity ? undefined : timeout,
      commit !== null,
    )
  }

  /** @param target whose queue it was: that of the pool, or of a broker that it shares */
  dropped(request: Request, facts: DropFacts, { cause = facts, target = this.pool }: DropOrigin = {}): GenPoolError {
    return this.ofWaiting(request, () => {
      const remedy = this.remedies.ofDrop(cause, request)
      const isOfPlace = cause.reason === 'timeout' && request.sentAt < request.cameAt
      return new DroppedError(target, facts, isOfPlace ? { ...OLD_PLACE, ...remedy, why: OLD_PLACE.why } : remedy)
    })
  }

  /** The error of a request that leaves the queue unserved. One that has run may not be told that it never started. */
  ofWaiting(request: Request, makeError: () => GenPoolError): GenPoolError {
    const { attempt, type, rarely } = request
    if (attempt === 0) return makeError()
    return rarely?.crash ?? new CrashedError(this.pool, '', type, makeError(), false, RAN_BEFORE)
  }

  cancelled(request: Request): CancelledError {
    const { started, waits, commit } = howFar(request)
    const reason: unknown = request.rarely?.signal?.reason
    const cancelled = `A request to "${this.pool}" was cancelled by its caller`
    if (commit === 'shared') {
      return new CancelledError(this.pool, started, reason, `${cancelled}, but ${GOES_ON}. ${READ_FIRST}`, GOES_ON)
    }
    const says = waits === null ? undefined : `${cancelled} while it was ${waits}.`
    return new CancelledError(this.pool, started, reason, says, commit === null ? undefined : COMMITS[commit])
  }

  /** @param cause why it has stopped */
  stopped(request: Request, cause = this.status.cause): StoppedError {
    const { started, waits, commit } = howFar(request)
    const ended = this.remedies.ofEnded()
    const why = waits === null ? ended : { ...ended, so: `a request to it failed while it was ${waits}` }
    // All that wait for a run are told.
    const says = commit === null || commit === 'shared' ? undefined : COMMITS[commit]
    return new StoppedError(this.pool, started, cause, why, says)
  }

  /** The error of what a pool refuses that has stopped, or stops. */
  closed(started = false): StoppedError {
    return new StoppedError(this.pool, started, this.status.cause, this.remedies.ofStopped())
  }

  /** The error of what a pool cannot do any more that is no request. @param so what follows, as in "has stopped, so …" */
  over(so: string): StoppedError {
    return new StoppedError(this.pool, false, this.status.cause, { ...this.remedies.ofStopped(), so })
  }

  /** The error that refuses the late commit of an ended member. Its callers already have their errors. */
  gone(): StoppedError {
    return this.closed(true)
  }

  /** The error of a refused commit, whose handler may have run: also if its store says that a request to it was not run. */
  refusedCommit(request: Request, error: unknown): GenPoolError {
    const refused = this.refused(request, error)
    if (!isGenPoolError(refused, 'ERR_GENPOOL_STOPPED')) return refused
    const { target, started, cause } = refused as StoppedError
    if (started) return refused
    const so = `a request to "${this.pool}" failed. Its handler may have run, and nothing was committed`
    return new StoppedError(target, true, cause, { so })
  }

  /** The error of a refused commit, or of a queue, for its caller: a GenPool error stays, any other error becomes a crash. */
  refused(request: Request, error: unknown): GenPoolError {
    if (!isGenPoolError(error)) return this.crashed(request, error)
    if (!isGenPoolError(error, 'ERR_GENPOOL_INVALID')) return error
    const { what, faults, cause } = error as InvalidError
    // The queue does not know whose request it was, nor the store whose recipe.
    if (what === 'request') return new InvalidError(`message "${request.type}" to pool "${this.pool}"`, faults, cause)
    return isEndedDraft(error) ? new InvalidError(`commit of the handler "${request.type}"`, faults, cause) : error
  }
}

/** Why the state may still change by the run of a request that fails while its handler runs; null if it will not, or it is known. */
function whyChangedAllTheSame(request: Request): string | null {
  const { commit, runner } = request
  // Once the run is over, nothing comes of it that is not known.
  if (runner === null || runner.startOf(request) === null) return null
  if (commit === 'shared') return `The commit of its batch may count: ${GOES_ON}. ${READ_FIRST}`
  if (commit !== null || runner.keepsState !== true) return null
  return `A plain nact function keeps what it returns as its state, also if the request has failed before. ${READ_FIRST}`
}

function selfWaitInWords(request: Request): { says: string } | undefined {
  const circle = selfWaitOf(request)
  if (circle === undefined) return undefined
  const { says, advice } = circleInWords(circle)
  return { says: `${says.charAt(0).toUpperCase()}${says.slice(1)}. ${advice}` }
}

/** How far a request is that ends now, and what may come of it. A run that goes on for others counts as started. */
function howFar(request: Request): {
  readonly started: boolean
  /** What it waits for, if it has run, and waits to run again; otherwise null. */
  readonly waits: string | null
  readonly commit: Commit | null
} {
  const { runs } = request
  const { attempt, before } = runs
  const runsNow = isRunning(runs)
  const commit = request.commit ?? (runsNow && runs.runner?.keepsState === true ? 'kept' : null)
  const waitsAgain = attempt > 0 && !runsNow && commit === null
  return {
    started: runsNow || attempt > 0 || commit !== null,
    waits: waitsAgain ? waitingAfter(before.attempts + attempt) : null,
    commit,
  }
}

/** A worker elsewhere may have begun it and not said so yet. What it has not begun by now, it never will. */
function isRunning(request: Request): boolean {
  const { isCalled, runner } = request
  if (isCalled || runner === null) return isCalled
  return !runner.giveUp(request) || runner.startOf(request) !== null
}

function waitingAfter(attempt: number): string {
  return `waiting for its next run. It ran before (attempt ${attempt}), and may have had effects`
}

function whileWaiting(waits: string, remedy: Remedy = { says: 'Add members, or send fewer requests.' }): Remedy {
  return { ...remedy, why: `the request was ${waits}` }
}

/** A function of the message alone, given as a plain nact function, reads its message where the state is. */
function hintFor({ handler, rarely }: Request, cause: unknown): string {
  if (cause === undefined && rarely?.hasBackedOff === true) return BACKED_OFF
  if (handler.answers !== 'dispatch' || !isOf(cause, TypeError) || !/undefined/.test(textOf(cause))) return ''
  return (
    ' A plain nact function is called with (state, message, ctx): set "initialState" if it has no state yet, or use ' +
    'defineTask((message, ctx) => answer).'
  )
}
