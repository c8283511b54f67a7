import type { Deadlines, RunMeter, Turn } from '@genpool/runtime'
import type { Handler } from '../behaviours/handler'
import type { Member } from '../members/member'
import { hasPassed } from '../requests/deadline'
import type { Request } from '../requests/request'
import type { RequestOwner } from '../requests/request-owner'
import type { Listeners } from './listeners'
import type { IdleMembers, Port } from './port'
import type { Counters, Recorder } from './ports'
import type { TurnWork } from './turn-work'

/** The way of requests through the pool. */
interface Way extends RequestOwner<Request> {
  readonly entrance: { readonly guarded: boolean }
  readonly deadlines: Pick<Deadlines<Request>, 'add'>
}

/** What direct calls need of the pool. */
export interface DirectPorts {
  readonly turn: Turn
  readonly turnWork: TurnWork
  readonly port: Port
  readonly recorder: Pick<Recorder, 'counters' | 'waited' | 'waitedAgain'>
  readonly pool: Way
  readonly listeners: Listeners
}

/** Where calls come from. */
interface Calls {
  /** The call has no answer yet, and is not used again. */
  waits(): void
  /** A handler has not answered at once. */
  wasLate(handler: Handler): void
}

/**
 * A call until the end of the microtask in which it is run; later if it is not answered there.
 *
 * It is used again, since a function of its own costs a call 4 %: V8 looks for the code of each new one.
 *
 * `run` has in it what `TurnWork.run`, `Member.execute`, the worker, `Request.reply` and `WorkerReports.done` do for a handler that returns
 * an answer at once and asks for nothing else. It is long on purpose: with `DirectCalls.take`, this saves 13 % of a call, one at a time.
 * All else goes to those functions.
 */
export class DirectCall {
  request: Request | null = null
  /** Who runs it. */
  member: Member | null = null
  private answer: unknown = undefined
  private isAnswered = false
  /** Resolves what the microtask has returned, if it was over before the answer. */
  private resolve: ((answer: unknown) => void) | null = null

  private readonly turn: Turn
  private readonly turnWork: TurnWork
  private readonly runs: RunMeter
  private readonly recorder: DirectPorts['recorder']
  private readonly outcomes: Counters['outcomes']
  private readonly listeners: Listeners
  private readonly idle: IdleMembers

  constructor(
    private readonly calls: Calls,
    private readonly parts: DirectPorts,
  ) {
    this.turn = parts.turn
    this.turnWork = parts.turnWork
    this.runs = parts.turnWork.runs
    this.recorder = parts.recorder
    this.outcomes = parts.recorder.counters.outcomes
    this.listeners = parts.listeners
    this.idle = parts.port.idleMembers as IdleMembers
  }

  /** Tells the caller how it ended. */
  readonly tell = (answer: unknown): void => {
    if (this.resolve !== null) return this.resolve(answer)
    this.answer = answer
    this.isAnswered = true
  }

  /** Runs its member. Returns the answer, or a promise of it. */
  readonly run = (): unknown => {
    const { turn, turnWork, runs, listeners, recorder } = this
    const request = this.request as Request
    const member = this.member as Member
    this.request = this.member = null
    try {
      turnWork.join()
      // If it shared a reading of the clock with those before it, it has not waited for them. What is queued keeps its time: it stands
      // in the order in which it was sent.
      if (runs.beginOne() && request.list === null) request.sentAt = turn.last
      const { beforeCommits } = listeners
      for (let i = 0; i < beforeCommits.length; i++) beforeCommits[i]?.beforeCommits()
      const { hand, crew, worker } = member
      const lone = worker.lone === undefined ? null : worker.lone()
      const isPlain = member.rarely === null && !crew.gated && !listeners.watchRuns
      const isReady = hand.count === 1 && request.outcome === null && !turn.exhausted
      const isLate = !request.isFarFrom(turn.last) && hasPassed(request.deadline, turn)
      if (lone === null || !isPlain || !isReady || isLate) return this.runPlainly(member, request)
      hand.given = 1
      // As `PoolCrew.began` and `attempted`. The turn is open since `beginOne`.
      const startedAt = turn.last
      crew.busy++
      request.attempt = 1
      if (!recorder.waitedAgain(request.sentAt, startedAt)) recorder.waited(request.sentAt, startedAt)
      const step = lone.runAlone(request, startedAt)
      if (step === null) return this.later(request)
      // As `Request.settle` and `WorkerReports.done`.
      request.outcome = 'replied'
      this.outcomes.replied++
      listeners.tellSettled(request, 'replied', undefined)
      const runNs = runs.tick()
      member.handled++
      if (listeners.watchRuns) crew.finished(member, request, runNs, runs.measured)
      else {
        crew.busy--
        if (runNs >= 0) crew.ran(runNs, runs.measured)
      }
      // A listener may have changed all of it.
      const isAsBefore =
        hand.count === 1 && member.status === 'busy' && member.rarely === null && !crew.gated && !member.asks
      hand.remove(request)
      crew.work.release(request)
      // As `Member.seekWork` and `BrokerPort.askR`.
      const end = turn.last
      if (isAsBefore && !listeners.watchRuns && this.idle.giveIdle(member, end)) {
        member.sentAt = end
        member.status = 'idle'
        member.asks = true
      } else member.seekWork()
      turnWork.endOne()
      return step.value
    } catch (error) {
      turnWork.endOne()
      throw error
    }
  }

  private runPlainly(member: Member, request: Request): unknown {
    if (this.turn.exhausted) this.turnWork.defer(member)
    else member.execute()
    return this.later(request)
  }

  /** What the caller gets of a run that went the general way. */
  private later(request: Request): unknown {
    const answer = this.isAnswered ? this.end() : this.wait(request)
    this.turnWork.endOne()
    return answer
  }

  private end(): unknown {
    const answer = this.answer
    this.answer = undefined
    this.isAnswered = false
    return answer
  }

  private wait(request: Request): Promise<unknown> {
    this.calls.waits()
    if (request.attempt > 0) this.calls.wasLate(request.handler)
    if (request.outcome === null) this.parts.pool.deadlines.add(request)
    return new Promise((resolve) => (this.resolve = resolve))
  }
}
