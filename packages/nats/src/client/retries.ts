import type { GenPoolError } from '@genpool/core'
import { type Nanos, RetryBudget } from '@genpool/runtime'
import { type Attempt, mayTryAgain } from '../calls/retry-rule'
import type { Node } from '../nodes/node'
import type { RemoteFailures } from './failures'
import type { RemoteRequest } from './remote-request'

/** What retries need. */
export interface RetryPorts {
  readonly pending: { of(node: Node): readonly RemoteRequest[] }
  readonly counts: { readonly calls: number; retries: number; overBudget: number; lostNodes: number }
  readonly failures: RemoteFailures
  readonly outcomes: { settle(request: RemoteRequest, error: Error): void }
  readonly roster: {
    /** Whether no node is left, and one may come back soon. */
    mayReturn(now: Nanos): boolean
  }
  readonly delivery: {
    hasNodeFor(request: RemoteRequest, now: Nanos): boolean
    send(request: RemoteRequest, now: Nanos): void
    /** Sends it when there is a node. */
    wait(request: RemoteRequest): void
  }
}

/** What becomes of requests whose attempt failed: another node, within the budget for that, or the error. */
export class Retries {
  readonly #budget = new RetryBudget()

  constructor(private readonly ports: RetryPorts) {}

  /** A call begins: the budget is a part of all calls. */
  called(now: Nanos): void {
    this.#budget.saw(this.#sent, now)
  }

  /** An attempt failed: try it on another node, or tell the caller. */
  failed(request: RemoteRequest, attempt: Attempt, error: GenPoolError, now: Nanos): void {
    const { counts, delivery, failures, outcomes, roster } = this.ports
    const { key, idempotent } = request.setup
    // Messages of a key stay with its node while it is there: another one could run a later message first.
    const isDropped = error.code === 'ERR_GENPOOL_DROPPED'
    const isThere = !(key !== null && isDropped) && delivery.hasNodeFor(request, now)
    const hasOther = isThere || (!isDropped && roster.mayReturn(now))
    const mayTry = mayTryAgain({ attempt, idempotent, leftMs: request.leftMs(now), hasOther })
    if (mayTry && this.#budget.take(this.#sent, now)) {
      counts.retries++
      return isThere ? delivery.send(request, now) : delivery.wait(request)
    }
    if (mayTry) counts.overBudget++
    const isUncertain = request.mayHaveRun && attempt === 'not-run'
    outcomes.settle(request, isUncertain ? failures.uncertain(error) : error)
  }

  /** Nobody listened where it went, so it was no work for anybody: it goes to another node, whatever the budget. */
  unreached(request: RemoteRequest, now: Nanos): void {
    this.ports.counts.retries++
    this.ports.delivery.send(request, now)
  }

  /** A node is given up: what it had may have run. */
  lost(node: Node, now: Nanos): void {
    const { pending, counts, failures } = this.ports
    counts.lostNodes++
    for (const request of pending.of(node)) {
      request.leaves()
      request.mayHaveRun = true
      request.refused(node.id)
      this.failed(request, 'may-have-run', failures.lost(node.id), now)
    }
  }

  /** How many requests were sent, second attempts included. */
  get #sent(): number {
    return this.ports.counts.calls + this.ports.counts.retries
  }
}
