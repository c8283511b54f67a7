import type { PoolRef } from '@genpool/core'
import { type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { ConsumerCounts, ConsumerInspection } from './figures'
import { Foreign } from './foreign'
import { GivenUp } from './given-up'
import { tellOf } from './job-events'
import type { Queue } from './queue'

/** How often it looks by itself: consumers look less often, if "ackWait" is long. */
const EVERY_MS = 1000
/** What is strange is looked into so often. */
const AGAIN_MS = 500

/** What the caretaker needs. */
export interface CaretakerPorts {
  readonly id: string
  readonly queue: Queue
  readonly pool: PoolRef
  readonly counts: ConsumerCounts
  /** Whether the cast of this place is in hand here. */
  isHere(seq: number): boolean
  /** Whether the server can be asked. */
  isUsable(): boolean
  failed(job: NonNullable<ConsumerInspection['lastFailure']>): void
}

/** Mends what others have done to a queue at the server: edited consumers, casts that were given up for that, messages of nobody. */
export class Caretaker {
  readonly foreign: Foreign
  #timer: Timer | null = null
  #againAt: Nanos = -Infinity
  readonly #givenUp: GivenUp

  constructor(private readonly ports: CaretakerPorts) {
    const { connection, jsm, notes, names, time, changed } = ports.queue
    this.#givenUp = new GivenUp({
      ...{ connection, jsm, notes, names },
      isHere: (seq) => ports.isHere(seq),
      mended: () => changed.areWell(),
      now: () => time.now(),
    })
    this.foreign = this.#makeForeign()
  }

  start(): void {
    this.#givenUp.start()
    this.#look()
  }

  /** The server takes the cast of this place for done, and it is not. */
  isBack(seq: number): void {
    this.#givenUp.add(seq)
  }

  /** What the server does is not what the consumers of the queue were made for: somebody may have edited one. */
  again(): void {
    const { changed, clock } = this.ports.queue
    const now = clock.now()
    if (now < this.#againAt) return
    this.#againAt = now + AGAIN_MS * NS_PER_MS
    void changed.areWell().catch(() => undefined)
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#givenUp.end()
  }

  #look(): void {
    const { changed, clock } = this.ports.queue
    this.#timer = clock.setTimer(clock.now() + EVERY_MS * NS_PER_MS, () => this.#look())
    if (!this.ports.isUsable()) return
    void changed.look()
    void this.#givenUp.look()
  }

  #makeForeign(): Foreign {
    const { id: consumer, pool, queue, counts, failed } = this.ports
    const { name, jsm, names, letters, options, time } = queue
    return new Foreign({
      queue: name,
      jsm,
      names,
      letters,
      keepMs: options.keepUnknown,
      now: () => time.now(),
      buried: ({ header, seq, error, reason }) => {
        counts.dead++
        failed({ id: header.id, code: error.code, reason })
        const told = { header, incoming: { seq }, attempt: 0 }
        tellOf({ pool, queue: name, consumer }, told, { outcome: 'dead', error, reason })
      },
    })
  }
}
