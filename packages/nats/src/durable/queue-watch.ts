import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { ConsumerInspection, QueueInspection } from './figures'
import { silentFor } from './trouble'

/** Who looks often gets figures that are so old, and without anybody who looks they are taken so often, in milliseconds. */
const YOUNG_MS = 1000
const EVERY_MS = 5000
/** A server that has said nothing for so long is silent. */
const SILENT_MS = 4000

/** What the watch needs. */
export interface QueueWatchPorts {
  readonly clock: Clock
  /** Asks the server. */
  ask(): Promise<QueueInspection>
  /** Resolves when anything was heard of the server, whatever it says, or its connection is lost. Never rejects. */
  heard?(): Promise<unknown>
  /** It did not say anything. */
  failed(error: unknown): void
}

interface Sample {
  readonly at: Nanos
  readonly seen: QueueInspection
}

/** What the server said of a queue lately: asked for in the background, so that looking at a pool waits for nothing. */
export class QueueWatch {
  #last: Sample | undefined
  #asking = false
  #isStale = false
  #ended = false
  /** Since when it waits for a word of the server; null: that has come. */
  #listening: Nanos | null = null
  #heardAt: Nanos = -Infinity

  constructor(private readonly ports: QueueWatchPorts) {}

  /** The last figures; null before there are some. Asks for newer ones. */
  get figures(): ConsumerInspection['server'] {
    this.#ask(YOUNG_MS)
    const last = this.#last
    if (last === undefined) return null
    const { waiting, longestLane, delayed, inHand, repeated, dead, oldestMs } = last.seen
    const agoMs = Math.round((this.ports.clock.now() - last.at) / NS_PER_MS)
    const { growsPerSecond, overdue, overdueMs, foreign, foreignSubjects } = last.seen
    return {
      waiting,
      longestLane,
      delayed,
      unacknowledged: inHand,
      redelivered: repeated,
      dead,
      oldestMs: oldestMs + (waiting + inHand > 0 ? agoMs : 0),
      growsPerSecond,
      overdue,
      overdueMs,
      foreign,
      foreignSubjects,
      agoMs,
    }
  }

  /** That nothing is heard of the server, though nobody has said that the connection is lost; null if something is. */
  get silence(): string | null {
    this.#ask(YOUNG_MS)
    const ms = this.#listening === null ? 0 : (this.ports.clock.now() - this.#listening) / NS_PER_MS
    return ms < SILENT_MS ? null : silentFor(Math.round(ms / 1000))
  }

  /** Why casts are not delivered, as was seen last; null if they are. */
  get trouble(): string | null {
    const seen = this.#last?.seen
    return seen !== undefined && seen.undelivered > 0 ? seen.trouble : null
  }

  /** Called now and then. */
  look(): void {
    this.#ask(EVERY_MS)
  }

  /** Asks as soon as it may: what was said is no longer so. */
  again(): void {
    this.#isStale = true
    this.#ask(EVERY_MS)
  }

  end(): void {
    this.#ended = true
  }

  #ask(oldMs: number): void {
    this.#listen()
    const last = this.#isStale ? -Infinity : (this.#last?.at ?? -Infinity)
    if (this.#asking || this.#ended || this.ports.clock.now() - last < oldMs * NS_PER_MS) return
    this.#asking = true
    this.#isStale = false
    this.ports.ask().then(
      (seen) => this.#add(seen),
      (error: unknown) => {
        this.#asking = false
        this.ports.failed(error)
      },
    )
  }

  /** Asks for a word, at most once at a time and once a second. */
  #listen(): void {
    const { clock, heard } = this.ports
    const now = clock.now()
    if (heard === undefined || this.#listening !== null || this.#ended || now - this.#heardAt < YOUNG_MS * NS_PER_MS)
      return
    this.#listening = now
    void heard().then(() => {
      this.#listening = null
      this.#heardAt = clock.now()
    })
  }

  #add(seen: QueueInspection): void {
    this.#asking = false
    this.#last = { at: this.ports.clock.now(), seen }
  }
}
