import type { GenPoolError, Nanos } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import { Batch } from '../requests/batch'
import type { Request } from '../requests/request'
import type { Runner } from '../requests/request-owner'
import type { Worker } from '../work/worker'
import { giveBack, type GivesBack } from './give-back'
import { type Hand, splitBatch } from './hand'

/** The member that runs a batch. */
export interface BatchMember extends Runner<Request> {
  readonly status: 'starting' | 'idle' | 'busy' | 'ended'
  readonly hand: Hand
  readonly crew: GivesBack
  readonly worker: Worker<Request>
  deadlineMoved(request: Request): void
  /** Looks for something to do. */
  seekWork(): void
}

/**
 * The member of a batch, as the requests of the batch see it. Its worker knows the batch by the first of them: that one is given up when
 * nobody of the batch is left.
 */
export class BatchRun implements Runner<Request> {
  readonly batch: Batch

  constructor(
    readonly member: BatchMember,
    private readonly first: Request,
    others: readonly Request[],
  ) {
    this.batch = new Batch(first, others)
    for (const request of this.batch.requests) request.runner = this
  }

  get info(): MemberInfo {
    return this.member.info
  }

  get facts(): PoolFacts {
    return this.member.facts
  }

  get commits(): boolean {
    return this.member.commits
  }

  holdsAnswersOf(request: Request): boolean {
    return this.member.holdsAnswersOf(request)
  }

  hasCommitted(request: Request): boolean {
    return this.member.hasCommitted?.(request) === true
  }

  isWriting(request: Request): boolean {
    return this.member.isWriting(request)
  }

  deadlineMoved(): void {
    this.member.deadlineMoved(this.first)
  }

  startOf(): Nanos | null {
    return this.member.startOf(this.first)
  }

  giveUp(leaver: Request): boolean {
    if (!this.batch.isWantedBesides(leaver)) return this.member.giveUp(this.first)
    if (this.isInHand && !this.takeApart(leaver) && this.member.worker.leave?.(leaver) === true) {
      this.batch.takeOut(leaver)
    }
    return true
  }

  gaveUp(_request: Request, error: GenPoolError): void {
    if (!this.batch.isAwaited) this.member.gaveUp(this.first, error)
  }

  private get isInHand(): boolean {
    return this.member.status !== 'ended' && this.member.hand.hasGiven(this.first)
  }

  /** If the batch has not begun, the others wait again, and it runs nowhere with this message. Returns whether that is so. */
  private takeApart(leaver: Request): boolean {
    const { member, first } = this
    if (!member.worker.revoke(first)) return false
    const others = splitBatch(first).filter((request) => request !== leaver)
    member.hand.remove(first)
    leaver.runner = null
    giveBack(others, member.crew)
    member.crew.work.release(leaver)
    member.seekWork()
    return true
  }
}

/** The member that has a request in hand. */
export function memberOf({ runner }: Request): Runner<Request> | null {
  return runner instanceof BatchRun ? runner.member : runner
}
