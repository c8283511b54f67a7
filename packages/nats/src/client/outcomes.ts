import { type Clock, isGenPoolError, type Nanos, textOf } from '@genpool/runtime'
import { type RemoteFailures, wasSent } from './failures'
import type { KeyOrder } from './key-order'
import type { Pending } from './pending'
import type { RemoteRequest } from './remote-request'

/** What outcomes need. */
export interface OutcomePorts {
  readonly clock: Clock
  readonly pending: Pick<Pending, 'all' | 'remove' | 'waiting' | 'now'>
  readonly counts: {
    answered: number
    readonly took: { record(ns: Nanos, now: Nanos): void }
    failed(error: unknown): void
  }
  readonly failures: RemoteFailures
  readonly keys: KeyOrder
  readonly link: { readonly usable: boolean }
  readonly inbox: {
    /** Tells a node that nobody waits for a request any more. Throws if the connection is closed. */
    cancel(node: string, id: string, reason: string): void
  }
}

/** Gives each request exactly one outcome. A node that still has a request is told when its caller no longer waits. */
export class Outcomes {
  constructor(private readonly ports: OutcomePorts) {}

  /** The outcome of a request. Each one after the first is ignored. */
  settle(request: RemoteRequest, error: Error | null, value?: unknown): void {
    if (request.settled) return
    const { pending, counts } = this.ports
    request.settled = true
    request.unwatch?.()
    pending.remove(request)
    if (request.node !== null) {
      request.node.loses(request)
      request.node = null
    }
    if (error === null) {
      const now = pending.now()
      counts.answered++
      counts.took.record(now - request.createdAt, now)
      request.resolve(value)
    } else {
      counts.failed(error)
      request.reject(error)
    }
    if (request.setup.key !== null) this.#leavesOrder(request, request.setup.key)
  }

  /** The next message of its key need not wait for it. */
  #leavesOrder(request: RemoteRequest, key: string): void {
    const { keys, pending } = this.ports
    if (request.held !== null) keys.forget(key, request.held)
    if (request.isInOrder) keys.left(key, pending.now())
  }

  /** Its caller no longer waits: the node is told, too. */
  giveUp(request: RemoteRequest, error: Error): void {
    if (request.settled) return
    const { node } = request
    this.settle(request, error)
    if (node === null || !this.ports.link.usable) return
    try {
      this.ports.inbox.cancel(node.id, request.attemptId, reasonOf(error))
    } catch {
      // The connection drains: the node finds out by the budget.
    }
  }

  /** Its deadline has passed. */
  expired(request: RemoteRequest): void {
    const { clock, failures } = this.ports
    this.giveUp(request, failures.expired(request, clock.now()))
  }

  /** Its caller aborted. */
  cancelled(request: RemoteRequest, reason: unknown): void {
    this.giveUp(request, this.ports.failures.cancelled(request, reason))
  }

  /** The address has stopped: all are given up. */
  stopped(): void {
    const { pending, failures } = this.ports
    for (const request of pending.all()) this.giveUp(request, failures.stopped(request))
  }

  /** The connection is closed or, with `cause`, NATS refuses this client: no answer will come. */
  closed(cause?: Error): void {
    const { pending, failures } = this.ports
    for (const request of pending.all()) this.settle(request, failures.closed(wasSent(request), cause))
  }

  /** There is no node for those that wait here. */
  nobody(errorOf: (mayHaveRun: boolean) => Error): void {
    for (const request of [...this.ports.pending.waiting]) this.settle(request, errorOf(request.mayHaveRun))
  }
}

/** Why a request is given up, in words: for `ctx.signal.reason` of its handler. */
function reasonOf(error: Error): string {
  return isGenPoolError(error, 'ERR_GENPOOL_CANCELLED') && error.cause !== undefined
    ? textOf(error.cause)
    : error.message
}
