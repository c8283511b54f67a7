import {
  CancelledError,
  ExpiredError,
  type GenPoolError,
  isGenPoolError,
  NS_PER_MS,
  StoppedError,
} from '@genpool/runtime'
import { CrashedError } from '../errors'
import type { Pool } from './pool'
import type { Request } from './request'

/** The errors of one pool, with its name and the facts of the request in them. */
export class Failures {
  constructor(private readonly pool: Pool) {}

  crashed(request: Request, cause: unknown): CrashedError {
    return new CrashedError(this.pool.name, request.member?.name ?? '', request.route.type, cause)
  }

  expired(request: Request): ExpiredError {
    const waitedMs = (this.pool.turn.now() - request.sentAt) / NS_PER_MS
    return new ExpiredError(this.pool.name, waitedMs, wasStarted(request))
  }

  cancelled(request: Request): CancelledError {
    return new CancelledError(this.pool.name, wasStarted(request), request.extras?.signal?.reason)
  }

  stopped(request: Request): StoppedError {
    return new StoppedError(this.pool.name, wasStarted(request), this.pool.lifecycle.cause)
  }

  /** What a refused commit is to its caller: errors of GenPool as they are, anything else as a crash. */
  refused(request: Request, error: unknown): GenPoolError {
    return isGenPoolError(error) ? error : this.crashed(request, error)
  }
}

function wasStarted(request: Request): boolean {
  return request.attempt > 0
}
