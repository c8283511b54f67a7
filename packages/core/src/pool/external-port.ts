import { type BrokerMatch, brokerOf, type BrokerRef, type DropFacts, DroppedError } from '@genpool/broker'
import type { LimitFigures } from '@genpool/broker'
import {
  type GenPoolError,
  isGenPoolError,
  type Nanos,
  NS_PER_MS,
  OptionsError,
  StoppedError,
  type Turn,
} from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { Member } from '../members/member'
import type { Failures } from '../requests/failures'
import { leaveTurn } from '../requests/latest-cast'
import { Request } from '../requests/request'
import type { Holds } from './holds'
import type { Port } from './port'

type Broker = ReturnType<typeof brokerOf>
type Party = ReturnType<Broker['ask']>

/** What a shared broker needs of one of its pools. */
export interface SharedBrokerPorts {
  readonly name: string
  readonly turn: Turn
  readonly failures: Failures
  readonly holds: Holds
  readonly pool: { readonly drops: { count(request: Request, facts: DropFacts): void } }
  /** The broker was stopped, so the pool stops, too. */
  readonly lifecycle: { stopWith(error: unknown, why: string): void }
}

/**
 * Meets a broker that is an actor of its own. It may serve other pools: requests and members of all of them are matched.
 *
 * A member serves what it is given with the behaviour and the state of its own pool; the outcome counts for the pool that the
 * request came to.
 */
export class ExternalPort implements Port {
  readonly isShared = true
  /** The broker keeps an entry of its own for each request, so nothing is saved. */
  readonly packs = false
  readonly #broker: Broker
  readonly #parties = new Map<Request | Member, Party>()
  /** How to tell the broker that a request is done. */
  readonly #done = new Map<Request, BrokerMatch['done']>()

  constructor(
    private readonly kernel: SharedBrokerPorts,
    ref: BrokerRef<never, never>,
  ) {
    this.#broker = brokerOf(ref)
  }

  get length(): number {
    return this.waiting.length
  }

  get waiting(): readonly Request[] {
    return [...this.#parties.keys()].filter((entry) => entry instanceof Request)
  }

  get idle(): number {
    return this.#parties.size - this.length
  }

  relativeTime(now: Nanos): Nanos {
    // In the order in which they came.
    for (const entry of this.#parties.keys()) if (entry instanceof Request) return now - entry.sentAt
    return 0
  }

  opensAt(request: Request): Nanos {
    return this.#broker.engine.opensAt(request, this.kernel.turn.now())
  }

  /** Those of the broker, over all pools that share it. */
  limits(now: Nanos): LimitFigures {
    return this.#broker.engine.limits(now)
  }

  backOff(): never {
    const message = 'it shares a broker, whose queue serves other pools, too. Give the pool a broker of its own'
    throw new OptionsError(`Pool "${this.kernel.name}" cannot back off: ${message}.`, [{ path: ['broker'], message }])
  }

  ask(request: Request): null {
    const { priority, key, deadline } = request
    const timeout = (deadline - this.kernel.turn.now()) / NS_PER_MS
    this.#offer(request, 'ask', { priority, key, timeout: Math.max(0, timeout) })
    return null
  }

  pack(): boolean {
    return false
  }

  takePacked(): null {
    return null
  }

  takeIdle(): null {
    return null
  }

  askR(member: Member): null {
    this.#offer(member, 'askR', { priority: 0, key: undefined, timeout: Infinity })
    return null
  }

  /** None: what else waits there may be for members of other pools. */
  takeBatch(): readonly Request[] {
    return []
  }

  release(request: Request): void {
    this.#endTurn(request)
    leaveTurn(request)
  }

  #endTurn(request: Request): void {
    const done = this.#done.get(request)
    this.#done.delete(request)
    done?.(request.attempt > 0)
  }

  /**
   * To the broker it is a new request: it loses its place, and the turn of its key. It waits in the pool that it came to, which
   * may not be this one, whose member had it: only there it is found when its caller gives up.
   */
  putBack(request: Request): null {
    this.#endTurn(request)
    request.owner.takeBack(request)
    return null
  }

  remove(entry: Request | Member): boolean {
    const party = this.#parties.get(entry)
    if (party === undefined) return false
    this.#parties.delete(entry)
    this.#broker.shell.withdraw(party, null)
    return true
  }

  drain(): readonly Request[] {
    const requests = this.waiting
    for (const request of requests) this.remove(request)
    return requests
  }

  /** The broker measures by itself, from the match to `release`. */
  finished(): void {
    // Nothing to tell.
  }

  configure(): void {
    throw new OptionsError('A broker that is shared is configured by changeConfig(broker, ...); nothing was changed.')
  }

  rest(): void {
    // The broker has the timers.
  }

  close(): void {
    for (const entry of [...this.#parties.keys()]) this.remove(entry)
  }

  #offer(
    entry: Request | Member,
    kind: 'ask' | 'askR',
    limits: { priority: number; key: unknown; timeout: number },
  ): void {
    let settled = false
    const settle = (): void => {
      settled = true
      this.#parties.delete(entry)
    }
    const party = this.#broker.ask(
      kind,
      { ref: undefined, value: entry },
      { ...limits, signal: undefined, tag: undefined, as: undefined },
      {
        onGo: (match) => {
          settle()
          if (entry instanceof Member) this.#matched(entry, match)
          else if (!(match.value instanceof Member)) this.#foreign(entry, match)
        },
        onHeld: (limit, key, now) => {
          const { holds } = this.kernel
          if (entry instanceof Request && holds.isOn) holds.held(entry, limit, key, now)
        },
        onFreed: (now) => {
          if (entry instanceof Request) this.kernel.holds.freed(entry, now)
        },
        onFailure: (error) => {
          settle()
          if (entry instanceof Request) this.#failed(entry, error)
          else if (isGenPoolError(error, 'ERR_GENPOOL_STOPPED'))
            this.kernel.lifecycle.stopWith(error, 'its broker has stopped')
          else entry.seatDropped()
        },
      },
    )
    if (!settled) this.#parties.set(entry, party)
  }

  #matched(member: Member, { value, done }: BrokerMatch): void {
    if (!(value instanceof Request)) {
      done(false)
      return member.seatDropped()
    }
    const { behaviour, facts } = member.crew
    const handler = value.expectsAnswer
      ? behaviour.call(value.message)
      : (behaviour.cast(value.message) ?? behaviour.call(value.message))
    this.#done.set(value, done)
    if (handler === undefined) {
      const message = `it was matched with a member of pool "${facts.name}", which has no handler for it`
      value.fail(new InvalidError(`message to pool "${value.pool}"`, [{ path: ['type'], message }]))
      this.release(value)
      return member.seatDropped()
    }
    value.handler = handler
    member.assign(value)
  }

  /** A user's code offered the broker something that is no member of a pool. */
  #foreign(request: Request, { done }: BrokerMatch): void {
    const message =
      'it was matched with something that is no member of a pool, or of a pool of another copy of @genpool/core'
    request.fail(new InvalidError(`message to pool "${request.pool}"`, [{ path: [], message }]))
    done(false)
  }

  #failed(request: Request, error: GenPoolError): void {
    const { name, failures, pool } = this.kernel
    if (error.code === 'ERR_GENPOOL_EXPIRED') request.fail(failures.expired(request))
    else if (error.code === 'ERR_GENPOOL_STOPPED') request.fail(new StoppedError(name, request.attempt > 0, error))
    else if (error instanceof DroppedError) {
      pool.drops.count(request, error)
      request.fail(failures.dropped(request, error, error.target))
    } else request.fail(failures.ofWaiting(request, () => error))
  }
}
