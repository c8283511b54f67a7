import {
  CancelledError,
  ExpiredError,
  type GenPoolError,
  isGenPoolError,
  NS_PER_MS,
  round,
  StoppedError,
  textOf,
  type Turn,
} from '@genpool/runtime'
import { InvalidError, isEndedDraft } from '@genpool/state-ane'
import { readable } from '../behaviours/ended-drafts'
import { CrashedError } from '../errors'
import type { Request } from './request'

/** Why no member takes work: what has not answered for so long, what the last start failed with, or something else in words. */
export interface Hindrance {
  readonly says?: string
  readonly waitsFor?: string
  readonly afterMs?: number
  readonly error?: unknown
}

/** Makes the errors of one pool, with its name and the facts of the request. */
export class Failures {
  constructor(
    private readonly pool: string,
    private readonly turn: Turn,
    /** The status of the pool. */
    private readonly status: { readonly cause: unknown },
    /** Why no member takes work; undefined if one does. */
    private readonly hindrance: () => Hindrance | undefined,
  ) {}

  crashed(request: Request, cause: unknown): CrashedError {
    return new CrashedError(this.pool, request.runner?.info.name ?? '', request.type, readable(cause))
  }

  /** The commit is done, and the answer could not be made or given. */
  unanswerable(request: Request, cause: unknown): CrashedError {
    return new CrashedError(this.pool, request.runner?.info.name ?? '', request.type, readable(cause), true)
  }

  expired(request: Request): ExpiredError {
    const waitedMs = (this.turn.now() - request.sentAt) / NS_PER_MS
    const started = wasStarted(request)
    const hindrance = started ? undefined : this.hindrance()
    return new ExpiredError(this.pool, waitedMs, started, hindrance && inWords(hindrance))
  }

  cancelled(request: Request): CancelledError {
    return new CancelledError(this.pool, wasStarted(request), request.rarely?.signal?.reason)
  }

  stopped(request: Request): StoppedError {
    return new StoppedError(this.pool, wasStarted(request), this.status.cause)
  }

  /** The error that refuses the late commit of an ended member. Its callers already have their errors. */
  gone(): StoppedError {
    return new StoppedError(this.pool, true, this.status.cause)
  }

  /** The error of a refused commit for its caller: a GenPool error stays, any other error becomes a crash. */
  refused(request: Request, error: unknown): GenPoolError {
    if (!isGenPoolError(error)) return this.crashed(request, error)
    if (!isEndedDraft(error)) return error
    // The store does not know whose recipe it was.
    return new InvalidError(`commit of the handler "${request.type}"`, (error as InvalidError).faults, error.cause)
  }
}

function inWords(hindrance: Hindrance): { says: string; cause: unknown } {
  return { says: hindrance.says ?? startInWords(hindrance), cause: hindrance.error }
}

function startInWords({ waitsFor, afterMs, error }: Hindrance): string {
  return afterMs === undefined
    ? `No member has started, the last time because: ${textOf(error)}`
    : `No member has started: its ${waitsFor} has not answered for ${round(afterMs)} ms. Make it answer or fail sooner, ` +
        'or lower "restart.startTimeout", so that it is tried again.'
}

function wasStarted(request: Request): boolean {
  return request.attempt > 0
}
