import {
  keepShape,
  type ConcreteParent,
  type Expiring,
  findActor,
  type GenPoolError,
  type Nanos,
  nobody,
  type Reference,
} from '@genpool/runtime'
import { type Ref } from 'nact'
import { type HoldingLimit, type HoldWatch } from '../limits/hold-watch'
import { keepLimitedShape } from '../limits/passes'
import { type Drop } from '../queues/queue'
import { Waiting } from '../queues/waiting'

/** How a party learns its result. Exactly one of the first three is called, once; `onAwait` may come before it. */
export interface Listener<Result> {
  /** @param ask the party that asked: of a match of a broker, for `BrokerActor.putBack` */
  onGo(result: Result, ask?: Party<Result>): void
  /** @param drop what the broker decided, if that is the reason */
  onFailure(error: GenPoolError, drop?: Drop<Waiting>): void
  /** The party has to wait. */
  onAwait?(): void
  /** A rate or a limit holds the party back from now on. It must not call the broker. */
  onHeld?(limit: HoldingLimit, key: unknown, now: Nanos): void
  /** No limit holds it any more. */
  onFreed?(now: Nanos): void
}

/** Who a party is and what it brings. */
export interface PartyFacts {
  /** The actor that the party acts for, or undefined: it then lives as long as it waits. */
  readonly ref: Ref<never> | undefined
  readonly value: unknown
  /** How long it has waited before it asks. Default: 0 */
  readonly age?: Nanos
}

/** One side of a match: a queue entry, a deadline and a listener in one object. */
export class Party<Result> extends Waiting implements Expiring {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  /** Whether it has been told its result. */
  settled = false
  /** Removes the listener from an abort signal. */
  release: (() => void) | null = null
  readonly ref: Ref<never> | undefined
  readonly value: unknown
  readonly #actor: ConcreteParent | undefined

  constructor(
    facts: PartyFacts,
    readonly listener: Listener<Result>,
    sentAt: Nanos,
  ) {
    super(sentAt)
    this.ref = facts.ref
    this.value = facts.value
    this.#actor = facts.ref === undefined || isNobody(facts.ref) ? undefined : findActor(facts.ref)
  }

  /** The value that functions and properties in options (`by`) read. Of a pool's request, it is the message. */
  override get subject(): unknown {
    return this.value instanceof Waiting ? this.value.subject : this.value
  }

  override get cameAt(): Nanos {
    return this.value instanceof Waiting ? this.sentAt + (this.value.cameAt - this.value.sentAt) : this.sentAt
  }

  /** Whether the actor that asked is still running. */
  get isAlive(): boolean {
    return this.ref === undefined || (this.#actor !== undefined && !this.#actor.stopped)
  }

  go(result: Result, ask?: Party<Result>): void {
    if (this.#settle()) this.listener.onGo(result, ask)
  }

  /** It waits again, after a match. */
  returns(): void {
    this.settled = false
  }

  fail(error: GenPoolError, drop?: Drop<Waiting>): void {
    if (this.#settle()) this.listener.onFailure(error, drop)
  }

  mustWait(): void {
    if (!this.settled) this.listener.onAwait?.()
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.release?.()
    return true
  }
}

/** Tells parties that limits hold them back. */
export const PARTIES_HELD: HoldWatch<Party<never>> = Object.freeze({
  isOn: true,
  held: (party: Party<never>, limit: HoldingLimit, key: unknown, now: Nanos) =>
    party.listener.onHeld?.(limit, key, now),
  freed: (party: Party<never>, now: Nanos) => party.listener.onFreed?.(now),
})

function isNobody(ref: Ref<never>): boolean {
  return (ref as unknown as Reference).type === nobody.type
}

const specimen = (): Party<never> => new Party({} as never, {} as never, 0)
keepShape(specimen())

let limitedIsKept = false
/** Keeps the shape of parties under limits. Call it before the first of them. */
export function keepLimitedParties(): void {
  if (!limitedIsKept) keepLimitedShape(specimen())
  limitedIsKept = true
}
