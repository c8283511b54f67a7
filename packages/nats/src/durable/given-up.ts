import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { NS_PER_MS } from '@genpool/runtime'
import { movedId } from './copies'
import type { ServerMs } from './delays'
import { movedFrame, readJob } from './job-frame'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'

/** So many are known at a time. */
const MOST = 10_000
/** A delayed one that is as late is moved by nobody else. */
const LATE_MS = 5000

/** What bringing back needs. */
export interface GivenUpPorts {
  readonly connection: Pick<NatsConnection, 'subscribe'>
  readonly jsm: { readonly streams: Pick<JetStreamManager['streams'], 'getMessage' | 'deleteMessage'> }
  readonly notes: Pick<Publisher, 'store'>
  readonly names: Pick<QueueNames, 'jobs' | 'later' | 'has' | 'subjectOf'>
  /** Whether the cast of this place is in hand here: what becomes of it is not known yet. */
  isHere(seq: number): boolean
  /** Sees to it that the server gives up no more. Resolves with whether it does not: before that, it would give up the same casts again. */
  mended(): Promise<boolean>
  /** By the clock of the server. */
  now(): ServerMs
}

/**
 * Brings back casts that the server gave up: somebody has given a consumer of the queue a `max_deliver`, and they were delivered so
 * often. Such a one stays in the stream, and nobody gets it any more; the server tells it once, to whom listens then.
 *
 * It is stored once more, as a delayed cast is moved: then the old one is deleted. Of the copies that several processes store, one runs,
 * and has all attempts.
 */
export class GivenUp {
  readonly #known = new Set<number>()
  #subscription: Subscription | null = null
  #looking: Promise<void> | null = null

  constructor(private readonly ports: GivenUpPorts) {}

  /** Listens from now on. An account that may not does not hear of any. */
  start(): void {
    const { connection, names } = this.ports
    try {
      this.#subscription = connection.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${names.jobs}.>`, {
        callback: (error, message) => {
          if (error === null) this.#heard(message)
        },
      })
    } catch {
      // The connection is closed, or drains.
    }
  }

  end(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = null
    this.#known.clear()
  }

  /** Brings back those of which the server told. Called now and then; never rejects. */
  look(): Promise<void> {
    if (this.#known.size === 0) return Promise.resolve()
    this.#looking ??= this.#bringAll().finally(() => (this.#looking = null))
    return this.#looking
  }

  #heard(message: Msg): void {
    const seq = seqIn(message, this.ports.names.jobs)
    if (seq === null || this.#known.size >= MOST) return
    this.#known.add(seq)
    void this.look()
  }

  async #bringAll(): Promise<void> {
    try {
      if (!(await this.ports.mended())) return
      for (const seq of this.#known) {
        if (!this.ports.isHere(seq) && (await this.#bring(seq))) this.#known.delete(seq)
      }
    } catch {
      // The consumer says itself that JetStream does not answer, or takes nothing. It is tried again.
    }
  }

  /** Returns false if it is too early. */
  async #bring(seq: number): Promise<boolean> {
    const { jsm, notes, names, isHere, now } = this.ports
    const found = await jsm.streams.getMessage(names.jobs, { seq })
    // It is done meanwhile, or none of the queue.
    if (found === null || !names.has(found.subject)) return true
    const job = jobIn(found)
    if (job === null) return true
    const { header, body, storedAt } = job
    if (found.subject === names.later && now() < storedAt + (header.delayMs ?? 0) + LATE_MS) return false
    if (isHere(seq)) return false
    const frame = movedFrame({ ...header, delayMs: undefined, storedAt: header.storedAt ?? storedAt }, body)
    await notes.store({ subject: names.subjectOf(header.key), frame, messageId: movedId({ seq, storedAt }) })
    // Another process may have been faster. What stays is never delivered, and counts among the leftovers.
    await jsm.streams.deleteMessage(names.jobs, seq, false).catch(() => false)
    return true
  }
}

/** The place that the server names; null if it is not that of a cast of this stream. */
function seqIn(message: Msg, jobs: string): number | null {
  try {
    const { stream, stream_seq: seq } = message.json<{ stream?: unknown; stream_seq?: unknown }>()
    return stream === jobs && typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 ? seq : null
  } catch {
    return null
  }
}

/** Null of bytes that are no cast: who gets them buries them, but nobody does. */
function jobIn({ data, timestamp }: StoredMsg): (ReturnType<typeof readJob> & { readonly storedAt: ServerMs }) | null {
  try {
    return { ...readJob(data), storedAt: nanosOf(timestamp) / NS_PER_MS }
  } catch {
    return null
  }
}

/** As the address for acknowledgements has it: where somebody has moved it in the usual way, it must be the same id. */
function nanosOf(timestamp: string): number {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(timestamp) ?? []
  return Number(`${Date.parse(`${seconds}Z`) / 1000}${fraction.padEnd(9, '0')}`)
}
