import type { PoolRef } from '@genpool/core'
import { ChangedConsumers } from './changed-consumers'
import type { ConsumerCounts, ConsumerInspection } from './figures'
import { Foreign } from './foreign'
import { GivenUp } from './given-up'
import { tellOf } from './job-events'
import type { Queue } from './queue'

/** What the caretaker needs. */
export interface CaretakerPorts {
  readonly id: string
  readonly queue: Queue
  readonly pool: PoolRef
  readonly counts: ConsumerCounts
  /** Whether the cast of this place is in hand here. */
  isHere(seq: number): boolean
  failed(job: NonNullable<ConsumerInspection['lastFailure']>): void
}

/** Mends what others have done to a queue at the server: edited consumers, casts that were given up for that, messages of nobody. */
export class Caretaker {
  readonly foreign: Foreign
  readonly #changed: ChangedConsumers
  readonly #givenUp: GivenUp

  constructor(private readonly ports: CaretakerPorts) {
    const { connection, jsm, notes, names, time } = ports.queue
    this.#changed = new ChangedConsumers(ports.queue)
    this.#givenUp = new GivenUp({
      ...{ connection, jsm, notes, names },
      isHere: (seq) => ports.isHere(seq),
      mended: () => this.#changed.areWell(),
      now: () => time.now(),
    })
    this.foreign = this.#makeForeign()
  }

  /** What cannot be mended; null if all is well. */
  get trouble(): string | null {
    return this.#changed.trouble
  }

  start(): void {
    this.#givenUp.start()
    void this.#changed.look()
  }

  /** Called now and then. */
  look(): void {
    void this.#changed.look()
    void this.#givenUp.look()
  }

  end(): void {
    this.#givenUp.end()
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
