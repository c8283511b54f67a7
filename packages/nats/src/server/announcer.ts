import { type Clock, type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Said } from '../nodes/said'

/** What the announcer needs. */
export interface AnnouncerPorts {
  readonly clock: Clock
  /** What the node would say now. */
  said(): Said
  /** Publishes it. */
  publish(said: Said): void
  /** This process did not run for so long that requests may be waiting that nobody wants any more. */
  wasAway(): void
  readonly rhythm: { readonly every: number; readonly atMost: number }
}

/** A heartbeat that comes so much later than it should means that the process was stopped, or its event loop was blocked. */
const AWAY_MS = 200

/** Says how much work the node has: when that changes, but not too often, and now and then when it does not. */
export class Announcer {
  #timer: Timer | null = null
  #dueAt: Nanos = 0
  #lastAt: Nanos = -Infinity
  #last: Said | null = null
  #changed = false
  #isDue = false
  #ended = false

  constructor(private readonly ports: AnnouncerPorts) {}

  /** Something has begun or ended. Cheap: called for each request. */
  changed(): void {
    if (this.#changed || this.#ended) return
    this.#changed = true
    this.#arm(this.#lastAt + this.ports.rhythm.atMost * NS_PER_MS)
  }

  /** There is something to say, whatever the figures are. */
  soon(): void {
    this.#isDue = true
    this.changed()
  }

  /** Says it now. */
  announce(): void {
    const { ports } = this
    const said = ports.said()
    this.#last = said
    this.#lastAt = ports.clock.now()
    this.#changed = this.#isDue = false
    if (!this.#ended) this.#arm(this.#lastAt + ports.rhythm.every * NS_PER_MS)
    ports.publish(said)
  }

  end(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#timer = null
  }

  #arm(at: Nanos): void {
    this.#timer?.cancel()
    this.#dueAt = at
    // A served pool does not keep its process alive; its connection does.
    this.#timer = this.ports.clock.setTimer(at, this.#fire, false)
  }

  readonly #fire = (): void => {
    this.#timer = null
    const now = this.ports.clock.now()
    if (now - this.#dueAt > AWAY_MS * NS_PER_MS) this.ports.wasAway()
    const isDue = this.#isDue || now - this.#lastAt >= this.ports.rhythm.every * NS_PER_MS
    if (isDue || this.#differs()) return this.announce()
    // What has begun has ended already.
    this.#changed = false
    this.#arm(this.#lastAt + this.ports.rhythm.every * NS_PER_MS)
  }

  #differs(): boolean {
    const { idle, waiting, inHand, size, leaving, halted, openings } = this.ports.said()
    const last = this.#last
    return (
      last === null ||
      last.idle !== idle ||
      last.waiting !== waiting ||
      last.inHand !== inHand ||
      last.size !== size ||
      last.leaving !== leaving ||
      last.halted !== halted ||
      // Short requests may use up a rate while all other figures stay.
      last.openings?.free !== openings?.free ||
      last.openings?.everyMs !== openings?.everyMs
    )
  }
}
