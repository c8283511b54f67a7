import { type Broker, type BrokerOptions, createBroker, type Drop, type Maker, NO_DECISION } from '@genpool/broker'
import { type Clock, type Nanos, type Timer, type Turn } from '@genpool/runtime'
import type { ElasticSize } from '../elastic/elastic-size'
import type { Member } from './member'
import type { Seat } from './seat'
import type { Port } from './port'
import type { Request } from './request'

// Behind a getter of its package: 1 % of a short call each time that it is used.
const NOTHING = NO_DECISION

/**
 * A pool's own broker: the shell around a matching engine, hands it the time, arms its timer, delivers its drops.
 *
 * A queue may be the user's own. If one fails while it takes a request in, that request is refused with what it threw; if it
 * fails otherwise, nobody knows what it still holds, and its owner is told by `failed`.
 */
export class BrokerPort implements Port {
  readonly engine: Broker<Request, Seat>
  /** Sees how many members are idle, if the size depends on it. */
  elastic: ElasticSize | null = null
  readonly #clock: Clock
  readonly #turn: Turn
  #timer: Timer | null = null
  #armedFor: Nanos = Infinity

  constructor(
    options: BrokerOptions,
    { clock, random }: { clock: Clock; random: () => number },
    turn: Turn,
    private readonly failed: (error: unknown) => void,
  ) {
    this.#clock = clock
    this.#turn = turn
    this.engine = createBroker<Request, Seat>(options, turn.now(), { random })
  }

  get length(): number {
    return this.engine.length
  }

  get waiting(): readonly Request[] {
    return [...this.engine.requests]
  }

  oldest(now: Nanos): Nanos {
    return Math.max(0, this.engine.relativeTime(now))
  }

  ask(request: Request): Member | null {
    const seat = this.engine.ask(request, this.#turn.now())
    if (this.engine.decision !== NOTHING) this.#act()
    if (this.elastic !== null) this.elastic.notice(this.engine.lengthR)
    return seat === null ? null : seat.member
  }

  pack(make: Maker<Request>, message: unknown, about: unknown): boolean {
    return this.engine.pack(make, message, about, this.#turn.now())
  }

  askR(seat: Seat): Request | null {
    const now = this.#turn.now()
    seat.sentAt = now
    let request: Request | null
    try {
      request = this.engine.askR(seat, now)
    } catch (error) {
      this.failed(error)
      return null
    }
    if (this.engine.decision !== NOTHING) this.#act()
    if (this.elastic !== null) this.elastic.notice(this.engine.lengthR)
    return request
  }

  /** A request for another handler ends the batch; the member has it next. */
  takeBatch(member: Member, request: Request): readonly Request[] {
    const more: Request[] = []
    while (more.length < request.route.batch - 1) {
      const next = this.#try(() => this.engine.take(this.#turn.now()), null)
      if (next === null) break
      if (next.route !== request.route) {
        member.deliver(next, true)
        break
      }
      next.member = member
      more.push(next)
    }
    return more
  }

  release(request: Request): void {
    if (request.key !== undefined) this.#releaseKey(request)
  }

  #releaseKey(request: Request): void {
    const match = this.#try(() => this.engine.release(request, this.#turn.now()), null)
    if (match !== null) match.askR.member.assign(match.ask)
  }

  remove(entry: Request | Seat): boolean {
    return this.#try(() => this.engine.remove(entry, this.#turn.now()), false)
  }

  finished(runNs: Nanos, now: Nanos): void {
    this.engine.finished(runNs, now)
  }

  configure(options: BrokerOptions): void {
    this.engine.configure(options, this.#turn.refresh())
    this.#act()
  }

  drain(): readonly Request[] {
    return this.#try(() => this.engine.drain(this.#turn.now()), [])
  }

  /** Lets go of the timer if nobody waits. */
  rest(): void {
    if (this.#timer !== null && this.engine.length === 0 && this.engine.decision.wakeAt === null) this.#disarm()
  }

  close(): void {
    this.#disarm()
  }

  /** Does what the engine decided in its last call. */
  #act(): void {
    const { dropped, droppedR, wakeAt } = this.engine.decision
    if (dropped.length > 0 || droppedR.length > 0) this.#deliver(dropped, droppedR)
    if (wakeAt !== null && wakeAt < this.#armedFor) this.#arm(wakeAt)
  }

  #deliver(dropped: readonly Drop<Request>[], droppedR: readonly Drop<Seat>[]): void {
    for (const drop of dropped) drop.entry.pool.dropped(drop)
    for (const drop of droppedR) this.#seatDropped(drop.entry.member)
  }

  #seatDropped(member: Member): void {
    if (this.elastic === null || !this.elastic.dropped(member)) member.seatDropped()
  }

  #arm(at: Nanos): void {
    this.#timer?.cancel()
    this.#armedFor = at
    this.#timer = this.#clock.setTimer(at, this.#wake)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#armedFor = Infinity
  }

  readonly #wake = (): void => {
    this.#timer = null
    this.#armedFor = Infinity
    this.#try(() => this.engine.timeout(this.#turn.refresh()), undefined)
  }

  /** Has the engine do something, and does what it decided. */
  #try<T>(operation: () => T, otherwise: T): T {
    let result: T
    try {
      result = operation()
    } catch (error) {
      this.failed(error)
      return otherwise
    }
    this.#act()
    return result
  }
}
