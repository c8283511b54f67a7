import {
  Brake,
  type Clock,
  Deadlines,
  ExpiredError,
  type GenPoolError,
  isGenPoolError,
  type Nanos,
  NS_PER_MS,
  Turn,
  WakeTimer,
} from '@genpool/runtime'
import { Departures } from '../engine/departures'
import { DroppedError } from '../errors'
import { limitRemedy } from '../limits/limit-remedy'
import { type Waiting } from '../queues/waiting'
import { type Drop, factsOf } from '../queues/queue'
import { TagIndex } from '../queues/tag-index'
import { type Party } from './party'

type AnyParty = Party<never>

/** The engine that a shell drives. */
interface Engine {
  /** How many requests wait. */
  readonly length: number
  remove(party: AnyParty, now: Nanos): boolean
  timeout(now: Nanos): void
  /** Before when limits let nothing begin that is like this entry. Left out by an engine without limits. */
  opensAt?(entry: Waiting, now: Nanos): Nanos
}

/** Gives an engine the time, wakes it up, and tells parties their results. */
export class Shell {
  readonly turn: Turn
  readonly #brake: Brake<unknown>
  readonly #deadlines: Deadlines<AnyParty>
  /** The waiting parties by tag, for `forgetAll`. */
  readonly #tags = new TagIndex<AnyParty>()
  readonly #timer: WakeTimer
  /** When the engine asked to be woken, in its last decision. */
  #wanted: Nanos | null = null
  #touched = false
  readonly #departures = new Departures()

  /** @param act carries out what the engine decided in its last call */
  constructor(
    readonly name: string,
    readonly clock: Clock,
    private readonly engine: Engine,
    private readonly act: () => void,
  ) {
    this.turn = Turn.of(clock)
    this.#brake = Brake.of(this.turn)
    this.#timer = new WakeTimer(clock, () => this.#wake())
    this.#deadlines = new Deadlines<AnyParty>(clock, (party) => this.withdraw(party, this.#expired(party)))
  }

  /** Rejects the promise of somebody who may ask again at once. */
  refuse(reject: (error: unknown) => void, error: GenPoolError): void {
    this.#brake.tell(reject, error)
  }

  /** Removes a party from its queue, and tells it why. */
  withdraw(party: AnyParty, error: DroppedError | ExpiredError | null): void {
    this.forget(party)
    if (party.list !== null) {
      this.engine.remove(party, this.turn.now())
      this.act()
    }
    if (error !== null) party.fail(error)
  }

  /** Watches the deadline of a party that has to wait. */
  watch(party: AnyParty): void {
    this.#deadlines.add(party)
    this.#tags.add(party)
    if (this.engine.length > 0) this.#departures.begin(this.turn.now())
    this.#touch()
  }

  /** Stops watching a party that no longer waits. */
  forget(party: AnyParty): void {
    this.#deadlines.remove(party)
    this.#tags.delete(party)
    if (this.engine.length === 0) this.#departures.rest()
  }

  /** Forgets a party whose actor has stopped: there is nobody to tell. Returns false, as the answer to `isAlive`. */
  passOver(party: AnyParty): false {
    this.forget(party)
    return false
  }

  /** Stops watching all parties with this tag. */
  forgetAll(tag: unknown): void {
    for (const party of this.#tags.get(tag)) this.forget(party)
  }

  /** One that waited was served. Called before it is forgotten. */
  departed(now: Nanos): void {
    this.#departures.depart(now)
    if (this.engine.length === 0) this.#departures.rest()
  }

  /** @param isServed whether they would have been served at the pace of `departed`: then each learns when to try again */
  tellDrops(dropped: readonly Drop<AnyParty>[], isServed: boolean): void {
    for (const drop of dropped) {
      this.forget(drop.entry)
      if (drop.reason === 'expired') drop.entry.fail(this.#expired(drop.entry))
      else drop.entry.fail(this.#dropped(drop, isServed), drop)
    }
  }

  /** Makes sure that the engine is called at that time, or earlier. */
  wakeAt(at: Nanos | null): void {
    this.#wanted = at
    this.#touch()
    this.#timer.wakeAt(at, this.engine.length > 0)
  }

  /** Called by the turn: clears timers that nobody needs any more, so that an idle process can end. */
  rest(): void {
    this.#touched = false
    this.#deadlines.rest()
    // The process waits for requests and tasks, and not for members that are idle.
    this.#timer.rest(this.#wanted !== null, this.engine.length > 0)
  }

  /** Called by the turn; there is nothing to run here. */
  run(): void {
    // Parties are served in the call that brings them together.
  }

  close(): void {
    this.#timer.cancel()
    this.#deadlines.rest()
  }

  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    this.turn.touch(this)
  }

  #dropped(drop: Drop<AnyParty>, isServed: boolean): DroppedError {
    const facts = factsOf({ ...drop, retryAfter: this.#retryAfter(drop, isServed) })
    return new DroppedError(this.name, facts, limitRemedy(drop))
  }

  /** When what waits will have been served, and not before limits let anything begin. */
  #retryAfter(drop: Drop<AnyParty>, isServed: boolean): Nanos | undefined {
    if (!isServed || drop.reason === 'rate') return drop.retryAfter
    const now = this.turn.now()
    const gap = this.#departures.gap(now)
    const ms = Math.max(1, Math.ceil((Math.max(1, drop.waiting) * gap) / NS_PER_MS - 1e-6))
    const served = drop.retryAfter ?? (gap === 0 ? undefined : ms * NS_PER_MS)
    const opensIn = (this.engine.opensAt?.(drop.entry, now) ?? -Infinity) - now
    return opensIn > 0 ? Math.max(served ?? 0, opensIn) : served
  }

  #expired(party: AnyParty): ExpiredError {
    const { sentAt, deadline } = party
    const waitedMs = (this.turn.now() - sentAt) / NS_PER_MS
    return new ExpiredError(this.name, waitedMs, false, undefined, (deadline - sentAt) / NS_PER_MS)
  }

  #wake(): void {
    try {
      this.engine.timeout(this.turn.refresh())
    } catch (error) {
      // The clock ran backwards. A caller gets this error; here all one can do is wait for the clock.
      if (!isGenPoolError(error, 'ERR_GENPOOL_INVALID')) throw error
      return this.wakeAt(this.#wanted)
    }
    this.act()
  }
}
