import type { HoldingLimit, LimitFigures } from '@genpool/broker'
import { type Nanos, readSafely } from '@genpool/runtime'
import type { Kernel } from '../pool/kernel'
import type { Seat } from '../pool/ports'
import type { Phase } from '../pool/status'
import type { Request } from '../requests/request'
import type { RequestFacts } from '../requests/request-facts'
import { selfWaitIn } from '../requests/self-wait'
import type { PoolView } from '../views/pool-view'

/** What the kernel of a pool knows, as views read it. Nothing here changes the pool. */
export abstract class KernelFigures implements Omit<PoolView, 'name' | 'retries' | 'stats' | 'figures'> {
  abstract readonly kernel: Kernel

  get phase(): Phase {
    return this.kernel.status.phase
  }

  get cause(): unknown {
    return this.kernel.status.cause
  }

  get drainedFor(): number {
    return this.kernel.status.drainedFor
  }

  get size(): number {
    return this.kernel.roster.size
  }

  get starting(): number {
    return this.kernel.roster.slots.starting
  }

  get failedStarts(): number {
    return Math.max(this.kernel.roster.failedStarts, this.kernel.sharedState.failedStarts)
  }

  get oldestStart(): PoolView['oldestStart'] {
    return this.kernel.starts.oldest
  }

  get timedOutStarts(): number {
    return this.kernel.starts.timedOut
  }

  get restarts(): number {
    return this.kernel.roster.slots.restarts
  }

  get seats(): readonly Seat[] {
    return this.kernel.roster.members
  }

  sampleOfWaiting(most: number): Iterable<RequestFacts> {
    return this.kernel.port.sample(most)
  }

  get waitingCount(): number {
    return this.kernel.port.length
  }

  oldestWait(now: Nanos): Nanos {
    return Math.max(0, this.kernel.port.oldestWait(now))
  }

  get awaitingReply(): ReadonlySet<RequestFacts> {
    return this.kernel.pool.awaitingReply
  }

  get deadLetters(): number {
    return this.kernel.deadLetters.count
  }

  get shared(): number {
    return this.kernel.pool.sharing.joined
  }

  get backOffs(): number {
    return this.kernel.pool.backOffs.count
  }

  get stateVersion(): number | undefined {
    // That of a store that was destroyed cannot be read.
    return readSafely(() => this.kernel.cell?.version, undefined)
  }

  get store(): PoolView['store'] {
    return this.kernel.cell?.condition?.()
  }

  get selfWait(): PoolView['selfWait'] {
    return selfWaitIn(this.kernel.pool)
  }

  holderOf(request: RequestFacts): HoldingLimit | undefined {
    return this.kernel.port.holderOf(request as Request)
  }

  limits(now: Nanos): LimitFigures {
    return this.kernel.port.limits(now)
  }

  now(): Nanos {
    return this.kernel.turn.refresh()
  }

  turnAge(): Nanos {
    return this.kernel.turn.age
  }

  turnNow(): Nanos {
    return this.kernel.turn.now()
  }
}
