import {
  CancelledError,
  ExpiredError,
  type GenPoolError,
  isGenPoolError,
  NS_PER_MS,
  StoppedError,
  type Turn,
} from '@genpool/runtime'
import { CrashedError } from '../errors'
import type { Request } from './request'

/** Makes the errors of one pool, with its name and the facts of the request. */
export class Failures {
  constructor(
    private readonly pool: string,
    private readonly turn: Turn,
    /** The status of the pool. */
    private readonly status: { readonly cause: unknown },
  ) {}

  crashed(request: Request, cause: unknown): CrashedError {
    return new CrashedError(this.pool, request.runner?.info.name ?? '', request.type, cause)
  }

  expired(request: Request): ExpiredError {
    const waitedMs = (this.turn.now() - request.sentAt) / NS_PER_MS
    return new ExpiredError(this.pool, waitedMs, wasStarted(request))
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
    return isGenPoolError(error) ? error : this.crashed(request, error)
  }
}

function wasStarted(request: Request): boolean {
  return request.attempt > 0
}
