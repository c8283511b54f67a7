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
import { CrashedError } from '../errors'
import type { Request } from './request'

/** Why no member takes work: what has not answered for so long, or what the last start failed with. */
export interface Hindrance {
  readonly waitsFor?: string
  readonly afterMs?: number
  readonly error?: unknown
}

/** Makes the errors of one pool, with its name and the facts of the request in them. */
export class Failures {
  constructor(
    private readonly pool: string,
    private readonly turn: Turn,
    /** Where the pool is in its life. */
    private readonly status: { readonly cause: unknown },
    /** Why no member takes work; undefined if one does. */
    private readonly hindrance: () => Hindrance | undefined,
  ) {}

  crashed(request: Request, cause: unknown): CrashedError {
    return new CrashedError(this.pool, request.runner?.info.name ?? '', request.type, cause)
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

  /** Why the work of a member that has ended is not committed. Its callers have been told already. */
  gone(): StoppedError {
    return new StoppedError(this.pool, true, this.status.cause)
  }

  /** What a refused commit is to its caller: errors of GenPool as they are, anything else as a crash. */
  refused(request: Request, error: unknown): GenPoolError {
    return isGenPoolError(error) ? error : this.crashed(request, error)
  }
}

function inWords({ waitsFor, afterMs, error }: Hindrance): { says: string; cause: unknown } {
  const says =
    afterMs === undefined
      ? `No member has started, the last time because: ${textOf(error)}`
      : `No member has started: its ${waitsFor} has not answered for ${round(afterMs)} ms. Make it answer or fail sooner, ` +
        'or lower "restart.startTimeout", so that it is tried again.'
  return { says, cause: error }
}

function wasStarted(request: Request): boolean {
  return request.attempt > 0
}
