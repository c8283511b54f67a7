import { type Expiring, type Nanos, nobody, NS_PER_MS, type Timer } from '@genpool/runtime'
import { type Attempt, type Cell, type Hold, transact, type Transition } from '@genpool/state-ane'
import type { MemberInfo } from '../behaviours/context'
import { checkThen, type Route } from '../behaviours/program'
import { Step } from '../behaviours/step'
import { commitConflicted, memberStarted } from '../telemetry/channels'
import { msBetween, ofMember } from '../telemetry/payloads'
import { answerBatch, HandlerFailure, isAbort, isThenable, rethrowFailure, valueOf } from './handler-results'
import type { MemberActor } from './member-actor'
import { MessageContext, PlainContext } from './message-context'
import { OwnMessages } from './own-messages'
import type { Pool } from './pool'
import type { Extras, Request } from './request'
import type { Scope } from './scope'
import { Seat } from './seat'

/** What a member does now. */
export type MemberStatus = 'starting' | 'idle' | 'busy' | 'ended'

/**
 * Deadlines that are not further away are judged by a new reading of the clock; for others, the reading of up to sixteen
 * short handlers ago will do.
 */
const NEAR: Nanos = 1000 * NS_PER_MS

// Behind a getter of its package: 1 % of a short call each time that it is used.
const runAndCommit = transact

/**
 * One of those who do the pool's work: takes one message at a time, runs the behaviour on it, commits, answers, asks for
 * the next.
 *
 * A member lives once: when it crashes or is replaced, another object takes its slot, so that nothing late can be
 * mistaken for the work of its successor.
 */
export class Member implements Transition<unknown, Step>, Expiring {
  readonly seat = new Seat(this)
  status: MemberStatus = 'starting'
  /** Whether its state was made: then it is told when it ends. */
  hasBegun = false
  /** Its own address, once somebody has asked for it. */
  address: MemberActor | null = null
  /** Where its state is kept: the pool's cell, or one of its own. A plain function's own state needs none. */
  cell: Cell<unknown> | undefined = undefined
  /** The state of a plain function with isolated state: any value, not frozen, as in nact. */
  state: unknown = undefined
  handled = 0
  /** How many messages it handles before it is replaced. */
  recycleAfter = Infinity
  /** Armed if it is to be replaced at a certain age. */
  retireAt: Timer | null = null
  /** What it works on, and the other messages of the same batch. */
  current: Request | null = null
  #companions: readonly Request[] | null = null
  readonly #own: OwnMessages
  /** Set when it is to end as soon as its work is done. */
  #leaving: { readonly reason: unknown } | null = null
  #hold: Hold<unknown> | null = null
  /** When it began to work on what it has in hand. */
  startedAt: Nanos = 0
  #idleTimer: Timer | null = null
  /** When it is given up as stuck. The links are those of the wheel that watches it. */
  deadline: Nanos = Infinity
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1

  constructor(
    readonly pool: Pool,
    readonly info: MemberInfo,
    readonly bornAt: Nanos,
  ) {
    this.#own = new OwnMessages(pool)
  }

  get name(): string {
    return this.info.name
  }

  /** When it began to work on `request`; null if it has not, or does not any more. */
  startOf(request: Request): Nanos | null {
    const begun = this.status !== 'starting' && this.current !== null && this.current.attempt > 0
    return begun && (this.current === request || this.#companions?.includes(request)) ? this.startedAt : null
  }

  /** Whether an answer that is given now has to wait for the commit. */
  holdsAnswersOf(request: Request): boolean {
    return this.cell !== undefined && (this.current === request || this.#companions?.includes(request) === true)
  }

  /** It was dropped from the queue of idle members; it goes on asking for work. */
  seatDropped(): void {
    if (this.status === 'idle') this.next()
  }

  /** Its state is made: from here on it takes work. */
  begin(): void {
    if (this.status !== 'starting') return
    this.hasBegun = true
    this.status = 'idle'
    this.next()
    if (memberStarted.hasSubscribers) {
      memberStarted.publish({ ...ofMember(this), tookMs: msBetween(this.bornAt, this.pool.turn.now()) })
    }
  }

  /** Gives it something to do that is meant for it alone. */
  deliver(request: Request, first = false): void {
    this.#own.add(request, first)
    if (this.status === 'idle') {
      this.pool.port.remove(this.seat)
      this.next()
    }
  }

  /** Takes a request that the broker matched it with. It runs later in this turn. */
  assign(request: Request): void {
    if (this.#idleTimer !== null) this.#stopIdleTimer()
    this.status = 'busy'
    this.current = request
    request.member = this
    this.pool.makeReady(this)
  }

  #stopIdleTimer(): void {
    this.#idleTimer?.cancel()
    this.#idleTimer = null
  }

  /** Whether something waits that is meant for it alone. */
  get hasOwn(): boolean {
    return this.#own.length > 0
  }

  /** Looks for something to do: its own messages first, then the broker's. */
  next(): void {
    if (this.status === 'ended' || this.#leaving !== null || this.#own.length > 0 || this.pool.concurrency !== null) {
      this.#nextSpecial()
    } else this.#askBroker()
  }

  #nextSpecial(): void {
    if (this.status === 'ended') return
    if (this.#leaving !== null) return this.#finishLeaving(this.#leaving.reason)
    const own = this.#own.length > 0 ? this.#own.take() : undefined
    if (own !== undefined) return this.assign(own)
    this.status = 'idle'
    this.current = null
    if (this.pool.concurrency === null || this.pool.concurrency.admits(this)) this.#askBroker()
  }

  #askBroker(): void {
    this.status = 'idle'
    this.current = null
    const request = this.pool.port.askR(this.seat)
    if (request !== null) this.assign(request)
  }

  /** Runs what it was assigned. */
  execute(now: Nanos): void {
    const request = this.current
    if (request === null || this.status === 'ended') return
    if (request.deadline - now < NEAR) now = this.pool.turn.refresh()
    // Aborted or expired between the match and now; timers do not fire while a handler blocks the event loop.
    if (request.outcome !== null || request.deadline <= now) return this.#skip(request)
    this.startedAt = now
    if (request.route.batch > 0) this.#companions = this.pool.port.takeBatch(this, request)
    this.pool.memberStarts(this, request, now)
    let step: Step | PromiseLike<Step>
    try {
      step = this.cell === undefined ? this.#runPlain() : runAndCommit(this.cell, this, this.pool.commitOptions)
    } catch (error) {
      return this.#failed(error)
    }
    if (isThenable(step)) step.then(this.#onDone, this.#onFailed)
    else this.#done(step, this.pool.turn.tick(), this.pool.turn.measured)
  }

  #skip(request: Request): void {
    if (request.outcome === null) request.fail(this.pool.failures.expired(request))
    this.pool.port.release(request)
    this.next()
  }

  /** One run of the handler; several if its commit meets another one. */
  run(state: unknown, attempt: Attempt | undefined): Step | PromiseLike<Step> {
    const request = this.current as Request
    if (attempt !== undefined && (attempt.number > 1 || attempt.exclusive)) this.#runsAgain(request, attempt)
    const { extras, route } = request
    if (extras !== null) extras.held = extras.effects = null
    request.attempt++
    if (this.#companions !== null) for (const companion of this.#companions) companion.attempt++
    this.pool.watchStuck(this)
    const ctx = this.pool.program.form === 'plain' ? new PlainContext(request) : new MessageContext(request)
    let result: unknown
    try {
      result =
        extras === null || extras.scope === null
          ? route.run(route.batch === 0 ? request.message : this.#batch(request), state, ctx)
          : this.#runWithin(extras.scope, request, state, ctx)
    } catch (error) {
      throw new HandlerFailure(error)
    }
    return result instanceof Step && result.then === undefined ? result : this.#stepOf(result, route)
  }

  #stepOf(result: unknown, route: Route): Step | PromiseLike<Step> {
    if (result instanceof Step) return checkThen(route.type, result)
    if (!isThenable(result)) return route.toStep(result)
    // What is thenable need not be a promise: only a promise gives one back, and settles once.
    return (result instanceof Promise ? result : Promise.resolve(result)).then(this.#toStep, rethrowFailure)
  }

  /** Apart from `run`, whose variables a function in it would have V8 keep on the heap for each message. */
  #runWithin(scope: Scope, request: Request, state: unknown, ctx: object): unknown {
    const message = request.route.batch === 0 ? request.message : this.#batch(request)
    return scope.run(() => request.route.run(message, state, ctx))
  }

  /** It had to wait for the state; or another commit came first, or the handler asked for the state to itself. */
  #runsAgain({ route }: Request, { number, exclusive }: Attempt): void {
    const refusal = this.admit()
    if (refusal !== undefined) throw refusal
    if (number === 1) return
    this.pool.stats.counters.reruns++
    this.pool.stats.troubles.add('rerun', this.pool.turn.now())
    if (!commitConflicted.hasSubscribers) return
    commitConflicted.publish({ ...ofMember(this), type: route.type, attempt: number, exclusive })
  }

  /** Runs a plain function on the member's own state, which nobody else can change. */
  #runPlain(): Step | PromiseLike<Step> {
    const step = this.run(this.state, undefined)
    return isThenable(step) ? step.then(this.#keepState) : this.#keepState(step)
  }

  readonly #keepState = (step: Step): Step => {
    if (this.status === 'ended') return step
    this.state = step.next
    this.committed(step, this.state)
    return step
  }

  /** Whether a run or a commit is still wanted. */
  admit(): Error | undefined {
    const request = this.current
    if (request === null) return undefined
    const isFar = request.deadline - this.pool.turn.now() >= NEAR
    if (isFar && request.outcome === null && this.#companions === null && this.status !== 'ended') return undefined
    return this.#admitClosely(request)
  }

  #admitClosely(request: Request): Error | undefined {
    if (this.status === 'ended') return this.pool.failures.stopped(request)
    const now = request.deadline - this.pool.turn.now() < NEAR ? this.pool.turn.refresh() : this.pool.turn.now()
    if (this.#isWanted(request, now)) return undefined
    if (this.#companions?.some((companion) => this.#isWanted(companion, now)) === true) return undefined
    return this.pool.failures.expired(request)
  }

  /** Timers do not fire while a handler blocks the event loop, so the deadline is judged here, too. */
  #isWanted(request: Request, now: Nanos): boolean {
    if (request.deadline <= now && request.outcome === null) request.fail(this.pool.failures.expired(request))
    return !request.abandoned
  }

  holding(hold: Hold<unknown>): void {
    this.#hold = hold
  }

  /** The commit is done: gives the answer that waited for it. */
  committed(step: Step, state: unknown): void {
    const request = this.current
    if (request === null) return
    this.#hold = null
    if (this.#companions !== null || request.extras !== null || typeof step.value === 'function') {
      this.#answer(request, step, state)
    } else if (step.kind === 'reply') request.succeed(step.value, true)
  }

  /** A function of the user's may be part of the answer. */
  #answer(request: Request, step: Step, state: unknown): void {
    const { extras } = request
    extras?.scope?.committed()
    try {
      if (this.#companions !== null) this.#answerBatch(step, state, this.#companions)
      else if (extras !== null && extras.held !== null) request.succeed(extras.held.value, true)
      else if (step.kind === 'reply') request.succeed(valueOf(step, state), true)
    } catch (error) {
      request.fail(this.pool.failures.crashed(request, error))
    }
    if (extras !== null && extras.effects !== null) this.#takeEffect(extras, extras.effects, state)
  }

  #takeEffect(extras: Extras, effects: NonNullable<Extras['effects']>, state: unknown): void {
    const { scope } = extras
    extras.effects = null
    for (const effect of effects) {
      this.pool.guard(() => (scope === null ? effect(state) : scope.within(() => effect(state))))
    }
  }

  /** Why it is to end when its work is done; null if it is not. */
  get leaving(): { readonly reason: unknown } | null {
    return this.#leaving
  }

  /** Ends it before it has begun. */
  discard(): void {
    this.status = 'ended'
    this.retireAt?.cancel()
    this.#own.giveBack()
  }

  /** Ends it: at once if it is idle, otherwise when its handler is done. Its messages are not its own any more. */
  leave(reason: unknown): void {
    if (this.status === 'ended') return
    this.#leaving ??= { reason }
    // With a message in hand it ends when that is done.
    if (this.current !== null) return
    if (this.status === 'idle') this.pool.port.remove(this.seat)
    this.#finishLeaving(this.#leaving.reason)
  }

  /** Gives it up while its handler still runs: whatever comes of that is ignored. */
  abandon(error: (request: Request) => Error & { code: string }): void {
    const requests = this.#inHand()
    this.status = 'ended'
    this.retireAt?.cancel()
    this.#hold?.release()
    this.pool.memberFinishes(this, this.pool.turn.refresh() - this.startedAt, 1)
    for (const request of requests) {
      request.fail(error(request) as never)
      this.pool.port.release(request)
    }
    this.#own.giveBack()
    this.pool.roster.ended(this, 'stuck')
  }

  /** The pool stops: callers are told now, and it ends when its handler lets it. */
  shutDown(reason: unknown): void {
    for (const request of this.#inHand()) request.fail(this.pool.failures.stopped(request))
    this.#own.giveBack()
    this.leave(reason)
  }

  readonly #onDone = (step: Step): void => {
    if (this.status === 'ended') return
    this.#done(step, this.pool.turn.refresh() - this.startedAt, 1)
  }

  readonly #onFailed = (error: unknown): void => {
    if (this.status === 'ended') return
    this.#failed(error)
  }

  readonly #toStep = (result: unknown): Step => {
    this.pool.turn.refresh()
    this.pool.changes.follow()
    return (this.current as Request).route.toStep(result)
  }

  /** @param runNs see `Pool.memberFinishes` */
  #done(step: Step, runNs: Nanos, times: number): void {
    const request = this.current as Request
    const companions = this.#companions
    if (companions === null && request.outcome === null) this.#settleUnanswered(request)
    this.#finish(runNs, times)
    this.pool.port.release(request)
    if (companions !== null) this.#releaseAll(companions)
    if (step.then !== undefined || this.handled >= this.recycleAfter) this.#follow(step.then)
    this.next()
  }

  #releaseAll(requests: readonly Request[]): void {
    for (const request of requests) this.pool.port.release(request)
  }

  /** What was not answered is answered later, if somebody waits; otherwise it is done. */
  #settleUnanswered(request: Request): void {
    if (request.outcome !== null) return
    if (request.expectsAnswer) {
      request.extend().startedAt = this.startedAt
      this.pool.late.add(request)
    } else request.succeed(undefined, false)
  }

  #failed(error: unknown): void {
    const requests = this.#inHand()
    this.#hold = null
    this.#finish(this.pool.turn.refresh() - this.startedAt, 1)
    for (const request of requests) request.extend().startedAt = this.startedAt
    this.#releaseAll(requests)
    if (error instanceof HandlerFailure && !isAbort(error.cause, requests)) {
      this.current = null
      this.pool.supervisor.memberCrashed(this, requests, error.cause)
      return
    }
    // The commit was refused, not the handler at fault: the member goes on.
    for (const request of requests) request.fail(this.pool.failures.refused(request, error))
    this.next()
  }

  #finish(runNs: Nanos, times: number): void {
    this.handled++
    if (this.#companions !== null) this.handled += this.#companions.length
    this.#companions = null
    this.pool.memberFinishes(this, runNs, times)
  }

  #follow(then: Step['then']): void {
    if (then !== undefined && 'halt' in then) return this.leave(then.halt)
    if (this.handled >= this.recycleAfter) return this.leave('recycled')
    if (then === undefined) return
    if ('continue' in then) this.pool.intake.continueWith(this, then.continue)
    if (then.timeout !== undefined && then.timeout !== Infinity) {
      this.#idleTimer = this.pool.lifecycle.after(then.timeout, () =>
        this.pool.intake.tell(this, { type: 'timeout' }, nobody),
      )
    }
  }

  #finishLeaving(reason: unknown): void {
    if (this.status === 'ended') return
    this.status = 'ended'
    this.current = null
    this.#idleTimer?.cancel()
    this.retireAt?.cancel()
    this.#own.giveBack()
    this.pool.roster.ended(this, reason)
  }

  #inHand(): readonly Request[] {
    if (this.current === null || this.status !== 'busy') return []
    return this.#companions === null ? [this.current] : [this.current, ...this.#companions]
  }

  #batch(request: Request): unknown {
    return [request.message, ...(this.#companions ?? []).map((companion) => companion.message)]
  }

  #answerBatch(step: Step, state: unknown, companions: readonly Request[]): void {
    const requests = [this.current as Request, ...companions]
    if (step.kind === 'reply') answerBatch(step, state, requests)
    else for (const request of requests) this.#settleUnanswered(request)
  }
}
