import type { Delivery, MemberInfo } from '../behaviours/context'
import type { Nanos } from '@genpool/runtime'
import type { Following } from '../behaviours/step'
import type { Eventually } from '../behaviours/eventually'
import type { Handler } from '../behaviours/handler'
import { checkMessage } from '../pool/check-message'
import { NO_HANDLER } from '../behaviours/handler'
import type { RequestKind } from '../requests/outcome'
import { Batch } from '../requests/batch'
import type { Request } from '../requests/request'
import type { Runner } from '../requests/request-owner'
import type { Started, WorkerHost } from '../work/worker'
import { Errand, type ErrandReports } from './errand'
import { type AfterCommit, type CellElsewhere, LastWordWorker } from './last-word-worker'
import { LocalPool, type LocalPoolSetup } from './local-pool'

/** What the runs of errands are reported to. */
export interface ErrandHost extends ErrandReports {
  /**
   * The last moment before a commit, or before an answer without one. Returns false if the caller no longer waits: nothing is
   * committed then. May be asked again.
   *
   * @param changes whether there is a next state
   */
  commits(errand: Errand, changes: boolean): boolean
  /** Its handler is called once more. */
  runsAgain?(errand: Errand): void
  /** Its handler wants its member to continue or to end before any other message. What this throws refuses the commit. */
  follows?(errand: Errand, then: Following): void
  /** The run has ended; its answers are out. */
  done(errand: Errand, then: Following | undefined, runNs: Nanos): void
  /** The handler threw. */
  crashed(errand: Errand, cause: unknown, runNs: Nanos): void
  /** The commit was refused. */
  refused(errand: Errand, error: unknown, runNs: Nanos): void
}

/** A message that was sent here. */
export interface ErrandMessage {
  readonly id: number
  readonly kind: RequestKind
  /** Whether it is the argument for `handleContinue`. */
  readonly continues: boolean
  readonly message: unknown
  /** When its caller sent it. */
  readonly sentAt: Nanos
  readonly deadline: Nanos
  readonly expectsAnswer: boolean
  /** How many times it ran before. */
  readonly attempt: number
  /** How it was delivered, for one that is kept until it is done. */
  readonly delivery?: Delivery | undefined
  /** Whether its caller is told how far it is. */
  readonly wantsProgress?: boolean
}

/** Runs the requests of a pool that is elsewhere, one run at a time, as a member in the pool's own thread would. */
export class ErrandWorker {
  readonly pool: LocalPool
  readonly #worker: LastWordWorker
  readonly #hand: { first: Errand | null } = { first: null }
  readonly #runner: Runner<Request>

  /** @param cell the state that all members share, if they do */
  constructor(
    setup: LocalPoolSetup | LocalPool,
    private readonly info: MemberInfo,
    private readonly host: ErrandHost,
    private readonly cell: CellElsewhere | null = null,
  ) {
    const pool = (this.pool = setup instanceof LocalPool ? setup : new LocalPool(setup))
    const worker = (this.#worker = new LastWordWorker(pool, info, this.#reportsTo(host), cell))
    worker.lastWord = host
    this.#runner = runnerOf(worker, info)
  }

  /** What it runs; null if it is idle. */
  get running(): Errand | null {
    return this.#hand.first
  }

  /** The state of its member as it is here; undefined before the member has one. */
  get state(): unknown {
    return this.#worker.state
  }

  /** Another worker of the same member: it runs one more errand beside this one, on the state that all share. */
  beside(): ErrandWorker {
    return new ErrandWorker(this.pool, this.info, this.host, this.cell)
  }

  /**
   * The handler of a message, if it does not take the state: it can run before commits that are under way are done. Undefined if it
   * takes the state, or is none.
   */
  statelessHandlerOf({ kind, continues, message }: ErrandMessage): Handler | undefined {
    const handler = this.#find(kind, continues, message)
    return handler === undefined || handler.handle.length > 1 ? undefined : handler
  }

  /** What comes of its run by a commit that leads to `state`. */
  afterCommit(state: unknown): AfterCommit {
    return this.#worker.afterCommit(state)
  }

  /** The commit that was sent came to nothing. It is made again, or nothing is left to commit. */
  commitLost(): void {
    this.#worker.commitLost()
  }

  start(): Eventually<Started> {
    return this.#worker.start()
  }

  /** Finds the handler and checks the message. One that is not valid has failed when this returns null. */
  accept(errandMessage: ErrandMessage): Errand | null {
    const { id, kind, continues, message, sentAt, deadline, expectsAnswer, attempt, delivery } = errandMessage
    const wantsProgress = errandMessage.wantsProgress === true
    const handler = this.#find(kind, continues, message) ?? NO_HANDLER
    const errand = new Errand(
      this.pool,
      { id, kind, handler, message, sentAt, expectsAnswer, delivery, wantsProgress },
      this.host,
    )
    errand.deadline = deadline
    errand.attempt = attempt
    errand.runner = this.#runner
    const fault = checkMessage(errand, this.pool.behaviour)
    if (fault === undefined) return errand
    errand.fail(fault)
    return null
  }

  /** Runs an errand, with the others of its batch. */
  run(errand: Errand, companions: readonly Errand[]): void {
    if (errand.handler.batch > 0) errand.extend().companions = companions
    if (companions.length > 0) {
      const runner = runnerOf(this.#worker, this.info, new Batch(errand, companions))
      for (const each of [errand, ...companions]) each.runner = runner
    }
    this.#hand.first = errand
    this.#worker.give(errand)
  }

  end(reason: unknown, poolStops: boolean): Eventually<void> {
    this.pool.status.stopping = poolStops
    return this.#worker.end(reason)
  }

  #find(kind: RequestKind, continues: boolean, message: unknown): Handler | undefined {
    const { behaviour } = this.pool
    if (kind === 'direct') return continues ? behaviour.continuation : behaviour.info
    if (kind === 'call') return behaviour.call(message)
    if (kind === 'query') return behaviour.call(message) ?? behaviour.cast(message)
    return behaviour.cast(message) ?? (kind === 'dispatch' ? behaviour.call(message) : undefined)
  }

  #reportsTo(host: ErrandHost): WorkerHost<Request> {
    const hand = this.#hand
    const ended = (request: Request): Errand => {
      hand.first = null
      return request as Errand
    }
    return {
      inHand: hand,
      progress: { began: () => undefined, attempted: countAttempt },
      done: (request, then, runNs) => host.done(ended(request), followingOf(then), runNs),
      failed: (request, cause, runNs) => host.crashed(ended(request), cause, runNs),
      refused: (request, error, runNs) => {
        const errand = ended(request)
        errand.refused(error)
        host.refused(errand, error, runNs)
      },
      returned: () => undefined,
      died: () => undefined,
    }
  }
}

function runnerOf(worker: LastWordWorker, info: MemberInfo, batch?: Batch): Runner<Request> {
  return {
    ...(batch === undefined ? {} : { batch }),
    info,
    facts: worker.pool.facts,
    get commits() {
      return worker.commits
    },
    get keepsState() {
      return worker.keepsState
    },
    holdsAnswersOf: (request) => worker.holdsAnswersOf(request),
    deadlineOf: (request) => (request as Errand).runDeadline,
    hasCommitted: (request) => worker.hasCommitted(request),
    isWriting: (request) => worker.isWriting(request),
    startOf: (request) => worker.startOf(request),
    giveUp: () => true,
    gaveUp: () => undefined,
  }
}

function countAttempt(request: Request): void {
  request.attempt++
  for (const companion of request.companions ?? []) companion.attempt++
}

/** How its state was committed is known here already. */
function followingOf(then: Following | undefined): Following | undefined {
  if (then?.commit === undefined) return then
  const { commit: _, ...rest } = then
  return Object.keys(rest).length === 0 ? undefined : rest
}
