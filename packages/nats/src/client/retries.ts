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
  readonly delivery: {
    hasNodeFor(request: RemoteRequest, now: Nanos): boolean
    send(request: RemoteRequest, now: Nanos): void
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
    const { counts, delivery, failures, outcomes } = this.ports
    const { key, idempotent } = request.setup
    // Messages of a key stay with its node while it is there: another one could run a later message first.
    const isBound = key !== null && error.code === 'ERR_GENPOOL_DROPPED'
    const hasOther = !isBound && delivery.hasNodeFor(request, now)
    const mayTry = mayTryAgain({ attempt, idempotent, leftMs: request.leftMs(now), hasOther })
    if (mayTry && this.#budget.take(this.#sent, now)) {
      counts.retries++
      return delivery.send(request, now)
    }
    if (mayTry) counts.overBudget++
    const isUncertain = request.mayHaveRun && attempt === 'not-run'
    outcomes.settle(request, isUncertain ? failures.uncertain(error) : error)
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
