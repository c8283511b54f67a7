import { type Nanos, type Change } from '@genpool/runtime'
import { type DropReason } from '../errors'
import { type LimitedQueue } from '../limits/limited-queue'
import { FairQueue } from '../queues/fair-queue'
import { type Layers } from '../queues/layers'
import { mustNotWait } from '../queues/leaf-queue'
import { type Maker, type PackedRequest } from '../queues/pack'
import { type Waiting } from '../queues/waiting'
import { type Admission } from './admission/admission'
import { createAdmission, reconfigureAdmission } from './admission/admission-options'
import { type Broker, type BrokerHooks, type Match } from './broker'
import { type EngineOptions } from './broker-options'
import { Budget, expiry } from './budget'
import { WaitingSides } from './waiting-sides'

/** The budget of brokers that have run nothing yet: it knows no times. */
const UNUSED = new Budget()

/** The matching engine, without shortcuts: what happens in each call. */
export class MatchingBroker<A extends Waiting, R extends Waiting> extends WaitingSides<A, R> implements Broker<A, R> {
  protected admission: Admission | null
  /** Made with the first run. */
  protected budget = UNUSED

  constructor(options: EngineOptions, now: Nanos, hooks: BrokerHooks<A, R>) {
    super(options, now, hooks)
    this.admission = createAdmission(this.options.admission, now, () => this.random())
    this.asksChanged()
  }

  ask(entry: A, now: Nanos): R | null {
    mustNotWait(entry)
    this.begin(now)
    if (entry.deadline <= now) return this.giveUp(entry, 'expired', now)
    if (this.mustStepBack(entry, now)) return this.enqueue(entry, now)
    const member = this.asking ? null : this.takeMember(now)
    if (member !== null) return this.start(entry, member, now)
    if (this.admission !== null && this.isRefused(this.admission, entry, now)) return this.finish(null)
    this.asking = true
    return this.enqueue(entry, now)
  }

  takeIdle(_now: Nanos): R | null {
    return null
  }

  giveIdle(_entry: R, _now: Nanos): boolean {
    return false
  }

  pack(_make: Maker<A>, _message: unknown, _about: unknown, _now: Nanos, _caller?: unknown): boolean {
    return false
  }

  get takenPack(): unknown {
    return null
  }

  takeInto(_into: PackedRequest, _pack: unknown, _now: Nanos): boolean {
    return false
  }

  takePacked(_now: Nanos): A | null {
    return null
  }

  askR(entry: R, now: Nanos): A | null {
    mustNotWait(entry)
    this.begin(now)
    const request = this.takeRequest(now)
    if (request !== null) return this.serve(request, entry.sentAt, now)
    this.asking = false
    this.idle.enqueue(entry, now)
    this.decided.addR(this.idle.decision.dropped)
    return this.finish(null)
  }

  nbAsk(entry: A, now: Nanos): R | null {
    mustNotWait(entry)
    this.begin(now)
    if (entry.deadline <= now) return this.giveUp(entry, 'expired', now)
    if (this.mustStepBack(entry, now)) return this.giveUp(entry, 'busy', now)
    const member = this.asking ? null : this.takeMember(now)
    if (member !== null) return this.start(entry, member, now)
    this.asking = true
    this.giveUp(entry, 'busy', now)
    return this.letTimePass(now)
  }

  nbAskR(entry: R, now: Nanos): A | null {
    mustNotWait(entry)
    this.begin(now)
    const request = this.takeRequest(now)
    if (request !== null) return this.serve(request, entry.sentAt, now)
    this.asking = false
    this.decided.dropR(entry, 'busy', { now, waiting: this.idle.length })
    return this.letTimePass(now)
  }

  take(now: Nanos): A | null {
    this.begin(now)
    const request = this.takeRequest(now)
    return request === null ? this.finish(null) : this.serve(request, now, now)
  }

  finished(runNs: Nanos, _now: Nanos): void {
    if (this.budget === UNUSED) this.budget = new Budget()
    this.budget.finished(runNs)
  }

  release(entry: A, now: Nanos, ran?: boolean): Match<A, R> | null {
    this.begin(now)
    if (this.layers === null || (entry.key === undefined && this.limited === null)) return this.finish(null)
    this.layers.release(entry, now, ran)
    return this.finish(this.matchReady(this.layers, now))
  }

  mayMatch(now: Nanos): boolean {
    return this.limited !== null && !this.asking && this.limited.mayServe(now)
  }

  match(now: Nanos): Match<A, R> | null {
    if (this.limited === null) return null
    // Also if there is nothing to match: its owner would carry out the decision of the call before once more.
    this.begin(now)
    if (this.asking || this.asks.length === 0) return this.finish(null)
    this.limited.refill(now)
    return this.finish(this.matchReady(this.limited, now))
  }

  putBack(entry: A, now: Nanos, ran?: boolean): R | null {
    mustNotWait(entry)
    this.begin(now)
    if (this.limited !== null) {
      this.limited.readmit(entry, now, ran)
      this.decided.add(this.limited.decision.dropped)
      return this.finish(null)
    }
    const member = this.asking ? null : this.takeMember(now)
    if (member !== null) {
      this.admission?.matched(member.sentAt - entry.sentAt, this.asks.length, now)
      return this.finish(member)
    }
    this.asking = true
    this.inLayers().readmit(entry, now)
    return this.finish(null)
  }

  move(entry: A, priority: number, now: Nanos): boolean {
    this.begin(now)
    const layers = this.inLayers()
    const here = layers.move(entry, priority, now)
    this.decided.add(layers.decision.dropped)
    return this.finish(here)
  }

  check(entry: A): void {
    if (this.layers !== null) this.layers.check(entry)
    else if (this.asks instanceof FairQueue) this.asks.check(entry)
  }

  override configure(options: EngineOptions, now: Nanos): readonly Change[] {
    const changes = super.configure(options, now)
    this.admission = reconfigureAdmission(this.admission, this.options.admission, now, () => this.random())
    this.asksChanged()
    return changes
  }

  protected asksChanged(): void {
    // Only the short way depends on them.
  }

  /** Whether a request could be served now. Not a getter: a private one costs a call into V8's C++ each time. */
  private hasReady(): boolean {
    return this.asking || (this.layers !== null && this.layers.ready > 0)
  }

  /** Whether `entry` has to wait for another request with its key. The first key or priority starts the layered queue. */
  private mustStepBack(entry: A, now: Nanos): boolean {
    if (this.layers === null && entry.key === undefined && entry.priority === 0) return false
    if (this.inLayers().mustStepBack(entry, now)) return true
    // What the rate of all holds is served first.
    return this.limited !== null && !this.asking && this.limited.ready > 0
  }

  /** Whether a request may be ready while members wait. */
  private mayMatchNow(layers: Layers<A>, now: Nanos): boolean {
    if (this.asking || layers.ready === 0) return false
    return this.limited === null || (this.idle.length > 0 && this.limited.isOpen(now))
  }

  private isRefused(admission: Admission, entry: A, now: Nanos): boolean {
    const ahead = this.layers === null ? this.asks.length : this.layers.ahead(entry.priority)
    const refusal = admission.refusal(ahead, now)
    if (refusal === null) return false
    this.limited?.refused(entry)
    this.decided.drop(entry, refusal.reason, { now, waiting: this.asks.length, retryAfter: refusal.retryAfter })
    return true
  }

  private enqueue(entry: A, now: Nanos): null {
    this.asks.enqueue(entry, now)
    this.decided.add(this.asks.decision.dropped)
    this.admission?.queued(this.asks.length, now)
    return this.finish(null)
  }

  private start(entry: A, member: R, now: Nanos): R {
    this.layers?.start(entry, now)
    if (this.limited !== null) this.decided.add(this.limited.decision.dropped)
    this.admission?.matched(member.sentAt - entry.sentAt, this.asks.length, now)
    return this.finish(member)
  }

  private serve(request: A, askedAt: Nanos, now: Nanos): A {
    this.admission?.matched(askedAt - request.sentAt, this.asks.length, now)
    return this.finish(request)
  }

  /** Matches a request whose key became free while members wait. */
  private matchReady(layers: Layers<A>, now: Nanos): Match<A, R> | null {
    this.decided.add(layers.decision.dropped)
    if (!this.mayMatchNow(layers, now)) return null
    const askR = this.takeMember(now)
    if (askR === null) {
      this.asking = true
      return null
    }
    const ask = this.takeRequest(now)
    if (ask !== null) return { ask: this.serve(ask, askR.sentAt, now), askR }
    this.idle.enqueue(askR, now)
    this.decided.addR(this.idle.decision.dropped)
    return null
  }

  private takeRequest(now: Nanos): A | null {
    while (this.hasReady()) {
      const request = this.asks.dequeue(now)
      this.decided.add(this.asks.decision.dropped)
      if (request === null) return null
      if (this.canStart(request, now)) {
        if (this.limited !== null) this.beginLimited(this.limited, request, now)
        return request
      }
      if (this.layers !== null) this.letNextOfKey(this.layers, request, now)
    }
    return null
  }

  private beginLimited(limits: LimitedQueue<A>, request: A, now: Nanos): void {
    limits.begin(request, now)
    this.decided.add(limits.decision.dropped)
  }

  private letNextOfKey(layers: Layers<A>, request: A, now: Nanos): void {
    if (request.key === undefined && this.limited === null) return
    layers.release(request, now)
    this.decided.add(layers.decision.dropped)
  }

  private canStart(request: A, now: Nanos): boolean {
    if (request.deadline !== Infinity) {
      const reason = this.options.budget ? this.budget.refusal(request, this.othersWait(), now) : expiry(request, now)
      if (reason !== null) {
        this.decided.drop(request, reason, { now, waiting: this.asks.length })
        return false
      }
    }
    return this.isAlive === undefined || this.isAlive(request)
  }

  private giveUp(entry: A, reason: DropReason, now: Nanos): null {
    this.limited?.refused(entry)
    this.decided.drop(entry, reason, { now, waiting: this.asks.length })
    return this.finish(null)
  }
}
