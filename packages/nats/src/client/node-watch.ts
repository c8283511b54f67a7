import { type Clock, type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Roster } from './roster'

/** How often nodes are looked after while requests are in flight, in milliseconds. */
const CHECK_MS = 50
/** A look that comes so much later means that this process could not hear what nodes said. */
const DEAF_MS = 200

/** What the watch needs. */
export interface NodeWatchPorts {
  readonly clock: Clock
  readonly roster: Roster
  readonly catchUps: { check(now: Nanos): void }
  isConnected(): boolean
  /** Whether requests are in flight. */
  isNeeded(): boolean
}

/** Looks after the nodes while requests are in flight. An idle client has no timer. */
export class NodeWatch {
  #timer: Timer | null = null
  #dueAt: Nanos = 0

  constructor(private readonly ports: NodeWatchPorts) {}

  /** Requests are in flight. */
  arm(now: Nanos): void {
    if (this.#timer !== null) return
    this.#dueAt = now + CHECK_MS * NS_PER_MS
    this.#timer = this.ports.clock.setTimer(this.#dueAt, this.#look, false)
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  readonly #look = (): void => {
    this.#timer = null
    const { clock, roster, catchUps } = this.ports
    const now = clock.now()
    if (now - this.#dueAt > DEAF_MS * NS_PER_MS || !this.ports.isConnected()) roster.wasDeaf(now)
    else {
      roster.check(now)
      catchUps.check(now)
    }
    if (this.ports.isNeeded()) this.arm(now)
  }
}
