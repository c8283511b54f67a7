import { type BrokerMatch, brokerOf, type BrokerRef, DroppedError } from '@genpool/broker'
import { type GenPoolError, isGenPoolError, type Nanos, NS_PER_MS, OptionsError, StoppedError } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { Member } from './member'
import { Seat } from './seat'
import type { Pool } from './pool'
import type { Port } from './port'
import { Request } from './request'

type Broker = ReturnType<typeof brokerOf>
type Party = ReturnType<Broker['ask']>

/**
 * Meets a broker that is an actor of its own, and may serve other pools: requests and members of all of them are matched.
 *
 * A member serves what it is given with the behaviour and the state of its own pool; the request's outcome counts for the
 * pool that it came to.
 */
export class ExternalPort implements Port {
  readonly #broker: Broker
  readonly #parties = new Map<Request | Seat, Party>()
  /** How to tell the broker that a request is done. */
  readonly #done = new Map<Request, () => void>()

  constructor(
    private readonly pool: Pool,
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

  oldest(now: Nanos): Nanos {
    // In the order in which they came.
    for (const entry of this.#parties.keys()) if (entry instanceof Request) return now - entry.sentAt
    return 0
  }

  ask(request: Request): null {
    const { priority, key, deadline } = request
    const timeout = (deadline - this.pool.turn.now()) / NS_PER_MS
    this.#offer(request, 'ask', { priority, key, timeout: Math.max(0, timeout) })
    return null
  }

  /** Others may wait there, too, and the broker's messages have a place of their own for each. */
  pack(): boolean {
    return false
  }

  askR(seat: Seat): null {
    this.#offer(seat, 'askR', { priority: 0, key: undefined, timeout: Infinity })
    return null
  }

  /** One at a time: what else waits there may be meant for others. */
  takeBatch(): readonly Request[] {
    return []
  }

  release(request: Request): void {
    const done = this.#done.get(request)
    this.#done.delete(request)
    done?.()
  }

  remove(entry: Request | Seat): boolean {
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
    entry: Request | Seat,
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
          if (entry instanceof Seat) this.#matched(entry.member, match)
          else if (!(match.value instanceof Seat)) this.#foreign(entry)
        },
        onFailure: (error) => {
          settle()
          if (entry instanceof Request) this.#failed(entry, error)
          else if (isGenPoolError(error, 'ERR_GENPOOL_STOPPED'))
            this.pool.lifecycle.follow(error, 'its broker has stopped')
          else entry.member.seatDropped()
        },
      },
    )
    if (!settled) this.#parties.set(entry, party)
  }

  #matched(member: Member, { value, done }: BrokerMatch): void {
    if (!(value instanceof Request)) return member.seatDropped()
    const { program, name } = member.pool
    const route = value.expectsAnswer
      ? program.call(value.message)
      : (program.cast(value.message) ?? program.call(value.message))
    this.#done.set(value, done)
    if (route === undefined) {
      const message = `it was matched with a member of pool "${name}", which has no handler for it`
      value.fail(new InvalidError(`message to pool "${value.pool.name}"`, [{ path: ['type'], message }]))
      this.release(value)
      return member.seatDropped()
    }
    value.route = route
    member.assign(value)
  }

  /** Somebody who is no member of a pool has been offered to the broker by hand. */
  #foreign(request: Request): void {
    const message = 'it was matched with something that is no member of a pool'
    request.fail(new InvalidError(`message to pool "${request.pool.name}"`, [{ path: [], message }]))
  }

  #failed(request: Request, error: GenPoolError): void {
    if (error.code === 'ERR_GENPOOL_EXPIRED') request.fail(this.pool.failures.expired(request))
    else if (error.code === 'ERR_GENPOOL_STOPPED') request.fail(new StoppedError(this.pool.name, false, error))
    else {
      if (error instanceof DroppedError) this.pool.countDrop(request, error)
      request.fail(error)
    }
  }
}
