import type { Eventually } from '../behaviours/eventually'
import type { Request } from '../requests/request'
import type { Worker } from '../work/worker'
import type { Crew } from './crew'
import { giveBack, giveBackAhead } from './give-back'
import { batchOf, type Hand, splitBatch } from './hand'
import type { Leaving } from './member-rarely'
import type { OwnMessages } from './own-messages'

/** A member, as it ends. */
export interface Departing {
  readonly status: 'starting' | 'idle' | 'busy' | 'ended'
  readonly hand: Hand
  readonly own: OwnMessages | null
  /** The reason to end after the current message; null to go on. */
  leaving: Leaving | null
  /** Stops waiting for a request. */
  withdraw(): boolean
  /** Takes no more work, and ignores what its worker reports. */
  close(): void
}

/** Why a request has no result that had begun in a member which was replaced for another one. */
class LostResult extends Error {
  constructor({ type }: Request, cause: Error) {
    super(`its member was replaced as stuck in another message, "${type}": the result of this one is lost`, { cause })
  }
}

/** The ways in which a member ends, and what becomes of the requests that it has. */
export class Departure<M extends Departing> {
  constructor(
    private readonly member: M,
    private readonly crew: Crew<M>,
    private readonly worker: Worker<Request>,
  ) {}

  /** Ends it before it has begun. */
  discard(): void {
    this.member.close()
    this.#giveBackOwn()
  }

  /** Ends it: at once if it is idle, otherwise after what it has in hand. */
  leave(leaving: Leaving): void {
    const { member } = this
    if (member.status === 'ended') return
    member.leaving ??= leaving
    member.withdraw()
    this.#takeBackAhead()
    if (member.hand.count === 0) this.finish(member.leaving.reason)
  }

  /** The last thing that happens to a member that leaves. */
  finish(reason: unknown): void {
    // What it is matched with after its end would be lost.
    this.member.withdraw()
    this.member.close()
    this.#giveBackOwn()
    this.crew.ended(this.member, reason)
  }

  /** Ends it while its handler still runs `stuck`, which fails with `cause`. Others that have begun are lost with it. */
  abandon(stuck: Request, cause: Error): void {
    const { member } = this
    // A worker with depth may wait for more: it must not get back what is taken from it here.
    member.withdraw()
    this.#takeBackAhead()
    const requests = [...member.hand.requests]
    member.close()
    for (const request of requests) {
      if (request === stuck) this.#failStuck(request, cause)
      else this.#lose(request, new LostResult(stuck, cause))
    }
    this.#giveBackOwn()
    this.crew.ended(member, 'stuck')
  }

  /** The pool stops: callers are told now, and the member ends when its handlers let it. */
  shutDown(reason: unknown): void {
    const requests = this.member.hand.requests.flatMap(batchOf)
    for (const request of requests) {
      const error = this.crew.failures.stopped(request)
      // Its caller has given up before: its handler may never end.
      if (!request.fail(error)) this.worker.cancel(request, error)
    }
    this.#giveBackOwn()
    this.leave({ reason, isFault: false })
  }

  /** Releases what its worker has opened. Called once, after it has ended. */
  endWork(reason: unknown): Eventually<void> {
    return this.worker.end(reason)
  }

  /** Nobody waits for it any longer: its worker may end by force what never ends. */
  hurry(): void {
    this.worker.hurry?.()
  }

  /** Its start is not wanted any more: its worker may leave to another one what it has begun. */
  unwanted(): void {
    if (this.worker.unwanted === undefined) this.hurry()
    else this.worker.unwanted()
  }

  #failStuck(request: Request, cause: Error): void {
    const { crew } = this
    this.#break(request)
    for (const each of batchOf(request)) {
      each.fail(crew.failures.crashed(each, cause))
      crew.work.release(each)
    }
  }

  #lose(request: Request, cause: Error): void {
    const hasCommitted = this.worker.stageOf?.(request) === 'committed'
    this.#break(request)
    for (const each of splitBatch(request)) {
      if (hasCommitted) each.fail(this.crew.failures.unanswered(each, cause))
      this.crew.lost(each, cause)
    }
  }

  /** Its run ends without a result. */
  #break(request: Request): void {
    const { crew, worker, member } = this
    crew.broke(member, request, crew.turn.refresh() - (worker.startOf(request) ?? crew.turn.now()))
    member.hand.remove(request)
  }

  /** Gives back what its worker has not begun, for other members. */
  #takeBackAhead(): void {
    const { member, crew, worker } = this
    giveBackAhead({ hand: member.hand, worker }, member.hand.requests, crew)
  }

  #giveBackOwn(): void {
    if (this.member.own !== null) giveBack(this.member.own.takeAll(), this.crew)
  }
}
