import type { GenPoolError } from '@genpool/runtime'
import type { Request } from '../requests/request'
import type { WayBack } from '../requests/request-owner'
import type { Port } from './port'

/** What it needs of the pool. */
interface RequeuePorts {
  readonly status: { readonly stopping: boolean }
  readonly failures: {
    stopped(request: Request): GenPoolError
    refused(request: Request, error: unknown): GenPoolError
    /** The error of one that has waited: if it has run, it says so. */
    ofWaiting(request: Request, makeError: () => GenPoolError): GenPoolError
  }
}

/** The way of requests through the pool. */
interface Way {
  /** Takes a request back, wherever it is. */
  withdraw(request: Request, error: GenPoolError): void
}

/** What comes back to a pool waits again, unless the pool stops: one that drains finishes what it has. */
export class Requeue {
  constructor(
    private readonly kernel: RequeuePorts,
    private readonly port: Port,
    private readonly pool: Way,
  ) {}

  /** Runs a request again whose member crashed or gave it back. It keeps its deadline, its place and the turn of its key. */
  runAgain(request: Request): void {
    const ran = request.isCalled
    request.runner = null
    const isOwn = request.owner === (this.pool as unknown)
    // A request of another pool waits there again, also if this one stops.
    if (this.kernel.status.stopping && isOwn) return this.#endStopped(request)
    request.waitsAgain()
    request.giveUpAgain()
    if (request.outcome !== null) return this.port.release(request)
    const member = this.port.putBack(request, ran)
    if (this.kernel.status.stopping && isOwn && request.outcome === null) this.stoppedMeanwhile(request)
    else member?.assign(request)
  }

  /** A member had the request, maybe one of another pool that shares the broker. */
  takeBack(request: Request, way: WayBack): void {
    if (this.kernel.status.stopping) {
      this.#endStopped(request)
      return way.end()
    }
    try {
      way.wait()
    } catch (error) {
      // A user-supplied queue threw.
      const { failures } = this.kernel
      request.fail(failures.ofWaiting(request, () => failures.refused(request, error)))
      return way.end()
    }
    if (this.kernel.status.stopping && request.outcome === null) this.stoppedMeanwhile(request)
  }

  /** The broker has called a function of the user's (for a key, a cost), and that has stopped the pool. */
  stoppedMeanwhile(request: Request): void {
    this.pool.withdraw(request, this.kernel.failures.stopped(request))
  }

  #endStopped(request: Request): void {
    request.fail(this.kernel.failures.stopped(request))
    this.port.release(request)
  }
}
