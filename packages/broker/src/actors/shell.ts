import {
  type Clock,
  Deadlines,
  ExpiredError,
  isGenPoolError,
  type Nanos,
  NS_PER_MS,
  type Timer,
  Turn,
} from '@genpool/runtime'
import { Departures } from '../engine/departures'
import { DroppedError } from '../errors'
import { type Drop, factsOf } from '../queues/queue'
import { TagIndex } from '../queues/tag-index'
import { type Party } from './party'

type AnyParty = Party<never>

/** What a shell drives. */
interface Engine {
  /** How many requests wait. */
  readonly length: number
  remove(party: AnyParty, now: Nanos): boolean
  timeout(now: Nanos): void
}

/** Hands an engine the time, wakes it up, and tells parties what became of them. */
export class Shell {
  readonly turn: Turn
  readonly #deadlines: Deadlines<AnyParty>
  /** Those who wait, for `forgetAll`. */
  readonly #tags = new TagIndex<AnyParty>()
  #timer: Timer | null = null
  #armedFor: Nanos = Infinity
  /** When the engine wants to be woken, as of its last decision. */
  #wanted: Nanos | null = null
  #touched = false
  readonly #departures = new Departures()

  /** @param act does what the engine has decided in its last call */
  constructor(
    readonly name: string,
    readonly clock: Clock,
    private readonly engine: Engine,
    private readonly act: () => void,
  ) {
    this.turn = Turn.of(clock)
    this.#deadlines = new Deadlines<AnyParty>(clock, (party) => this.withdraw(party, this.#expired(party)))
  }

  /** Takes a party out, wherever it waits, and tells it why. */
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

  /** A party does not wait any more. */
  forget(party: AnyParty): void {
    this.#deadlines.remove(party)
    this.#tags.delete(party)
    if (this.engine.length === 0) this.#departures.rest()
  }

  /** The actor of a party has stopped, so there is nobody to tell. False, for the question whether it is alive. */
  passOver(party: AnyParty): false {
    this.forget(party)
    return false
  }

  /** Whoever waits under this tag does not wait any more. */
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
      drop.entry.fail(drop.reason === 'expired' ? this.#expired(drop.entry) : this.#dropped(drop, isServed))
    }
  }

  /** Sees to it that the engine is called at that moment, or before. */
  wakeAt(at: Nanos | null): void {
    this.#wanted = at
    this.#touch()
    if (at === null || at >= this.#armedFor) return
    this.#timer?.cancel()
    this.#armedFor = at
    this.#timer = this.clock.setTimer(at, this.#wake)
  }

  /** For the turn: lets go of timers that nobody waits for any more, so that a process at rest can end. */
  rest(): void {
    this.#touched = false
    this.#deadlines.rest()
    if (this.#wanted === null) this.#disarm()
  }

  /** For the turn, which has nothing to run here. */
  run(): void {
    // Parties are served in the call that brings them together.
  }

  close(): void {
    this.#disarm()
    this.#deadlines.rest()
  }

  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    this.turn.touch(this)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#armedFor = Infinity
  }

  #dropped(drop: Drop<AnyParty>, isServed: boolean): DroppedError {
    const gap = isServed ? this.#departures.gap(this.turn.now()) : 0
    const known = drop.retryAfter !== undefined || gap === 0
    const ms = Math.ceil((Math.max(1, drop.waiting) * gap) / NS_PER_MS - 1e-6)
    return new DroppedError(this.name, factsOf(known ? drop : { ...drop, retryAfter: Math.max(1, ms) * NS_PER_MS }))
  }

  #expired(party: AnyParty): ExpiredError {
    return new ExpiredError(this.name, (this.turn.now() - party.sentAt) / NS_PER_MS, false)
  }

  readonly #wake = (): void => {
    this.#timer = null
    this.#armedFor = Infinity
    try {
      this.engine.timeout(this.turn.refresh())
    } catch (error) {
      // A clock that ran backwards: whoever asks is told; here there is only to wait for it.
      if (!isGenPoolError(error, 'ERR_GENPOOL_INVALID')) throw error
      return this.wakeAt(this.#wanted)
    }
    this.act()
  }
}
