import {
  type Behaviour,
  type Explanation,
  type HereRef,
  inspect,
  InvalidError,
  type MessageOf,
  type PoolRef,
  type Protocol,
  StoppedError,
} from '@genpool/core'
import { messageTypesOf, roomIn } from '@genpool/core/elsewhere'
import { type GenPoolError, isGenPoolError, parseOptions, textOf, wrongArgument } from '@genpool/runtime'
import { type NatsConnection, nuid } from '@nats-io/transport-node'
import { typeIn } from '../nodes/served-types'
import { isConnection } from '../shared-options'
import { JobConsumer } from './consumer'
import type { DeadLetter, LetterRef } from './dead-letters'
import {
  type ConsumeOptions,
  consumeOptions,
  type DeadOptions,
  deadOptions,
  type DurableOptions,
  durableOptions,
  type JobOptions,
  jobOptions,
  stopOptions,
} from './durable-options'
import { explainQueue } from './explain-consumer'
import { DurableFailures, isFull } from './failures'
import type { ConsumerInspection, QueueInspection } from './figures'
import { castGuesses, consumerGuesses, queueGuesses } from './first-guesses'
import { jobFrame, NO_HEADER } from './job-frame'
import { calledIn, isCall } from './job-runs'
import { type Stored, Unknown } from './publisher'
import { Queue } from './queue'
import { TooLarge } from '../wire/errors'

/** What a dead letter needs more than its cast: so much less may a cast have than the server takes. */
const RESERVE = 8192
const NO_TYPE =
  'expected a message with a type, such as { type: "send" }: the consumers in this process have handlers by type, and could only make a ' +
  'dead letter of it'
const NO_MESSAGE = 'it is undefined: expected a message, such as { type: "send" }'
const NO_OPTIONS: JobOptions = {}

/** The casts of a behaviour; any message without one. */
type JobOf<P extends Protocol> = Protocol extends P
  ? unknown
  : Extract<MessageOf<P>, P['casts'][keyof P['casts']] | P['otherCast']>

/** Nothing, for a pool that handles all casts of the queue. */
type Takes<P extends Protocol, Q extends Protocol> =
  unknown extends JobOf<P>
    ? unknown
    : [JobOf<P>] extends [JobOf<Q>]
      ? unknown
      : 'this pool does not handle all casts of the queue'

/** What takes casts of a queue in this process. */
export interface Consumer {
  readonly id: string
  /** Resolves when it has ended: with the error if its connection was closed, otherwise with null. */
  readonly stopped: Promise<Error | null>
  inspect(): ConsumerInspection
  /** What limits it now. */
  explain(): Explanation
  /**
   * Takes no more, lets what runs end, and acknowledges that. The pool, the queue and the connection stay.
   *
   * @param options `within`: what still runs after so many milliseconds is aborted, and given to another consumer. It has not failed
   */
  stop(options?: { readonly within?: number }): Promise<void>
}

/**
 * A queue of durable casts.
 *
 * @typeParam T the behaviour that consumes, as in `Durable<typeof Emails>`, or its protocol; without it, a queue of whatever casts
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a queue of any behaviour is one of these
export type Durable<T extends Protocol | Behaviour = any> = JobQueue<ProtocolIn<T>>

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the same
type ProtocolIn<T> = 0 extends 1 & T ? any : T extends Behaviour<infer P> ? P : T extends Protocol ? T : never

/** A queue of the casts of a protocol. */
export interface JobQueue<P extends Protocol> {
  readonly name: string
  /**
   * Stores a cast. When the promise resolves, it will be done: at least once, whatever process ends.
   *
   * @param options `id`: the same cast again is not stored twice. `key`: one at a time and in order. `expires`, `delay`
   * @throws {UnreachableError} if JetStream does not answer; with `mayHaveRun: true` it may be stored. {InvalidError} if the message
   *   cannot travel, or is too large. {OptionsError}
   */
  cast(message: JobOf<P>, options?: JobOptions): Promise<Stored>
  /**
   * Gives casts to a pool of this process, as its members are idle. On each machine. It ends with the pool.
   *
   * @throws {OptionsError} if an argument is wrong, {StoppedError} if the pool has stopped, {UnreachableError} without JetStream
   */
  consume<Q extends Protocol>(pool: HereRef<Q> & Takes<P, Q>, options?: ConsumeOptions): Promise<Consumer>
  /**
   * The casts that could not be done, the oldest first: 100 of them, or `limit`. `after` the `seq` of the last one come the next. None if
   * their stream was deleted: `trouble` of `inspect()` says so.
   */
  dead(options?: DeadOptions): Promise<readonly DeadLetter[]>
  /** Sends a dead letter again, as dead() returns it, with its id: it has all attempts once more, and its history begins anew. @throws {InvalidError} if it is gone, or cannot be read; {UnreachableError} with `mayHaveRun: true` if it is sent again, or may be, and could not be deleted */
  retry(letter: LetterRef): Promise<Stored>
  /** Deletes a dead letter, as dead() returns it. Returns whether it was there: another one at its place, after its stream was deleted, is left. */
  discard(letter: LetterRef): Promise<boolean>
  /** What waits, runs and died, as the server says. */
  inspect(): Promise<QueueInspection>
  /** What limits the queue now. */
  explain(): Promise<Explanation>
}

/** The messages of a behaviour. */
type ProtocolOf<B> = B extends Behaviour<infer P> ? P : never

/**
 * Opens a queue of casts that survive processes, machines and restarts: a work queue of JetStream. It is made if it is not there.
 *
 * A cast is done at least once. The `ctx.delivery.id` of its handler makes that once in effect: keep it in the same commit as the change.
 *
 * @typeParam B the behaviour that consumes, for the types: `durable<typeof Emails>(…)`
 * @param connection a connection of the user. It is never closed here
 * @param options `name`, and those of `durableOptions`
 * @throws {OptionsError} if an argument is wrong, or the queue was made with another one; {UnreachableError} without JetStream
 * @example
 * const jobs = await durable<typeof Emails>(nc, { name: 'emails', maxDeliver: 5 })
 * await jobs.cast({ type: 'send', to }, { id: orderId })
 */
export async function durable<B extends Behaviour = Behaviour>(
  connection: NatsConnection,
  options: DurableOptions,
): Promise<Durable<ProtocolOf<B>>> {
  const checked = parseOptions(durableOptions, options, 'options of durable', queueGuesses)
  if (!isConnection(connection)) {
    const expected = 'a connection: what "connect" of "@nats-io/transport-node" resolved with'
    throw wrongArgument({ of: 'durable', argument: 'connection', expected }, connection)
  }
  try {
    return new DurableQueue(await Queue.open(connection, checked))
  } catch (error) {
    throw isGenPoolError(error) ? error : new DurableFailures(checked.name, checked.domain).unreachable(error)
  }
}

class DurableQueue implements Durable {
  readonly name: string
  /** The consumers of this process that have handlers by type, and their pools: they bury what has none. */
  readonly #typed = new Map<JobConsumer, HereRef>()

  constructor(private readonly queue: Queue) {
    this.name = queue.name
  }

  async cast(message: unknown, options: JobOptions = NO_OPTIONS): Promise<Stored> {
    const { queue } = this
    const given =
      options === NO_OPTIONS
        ? NO_OPTIONS
        : parseOptions(jobOptions, options, `options of a cast to "${this.name}"`, castGuesses)
    const id = given.id ?? nuid.next()
    const frame = this.#frame(message, { ...given, id })
    const { names, casts, options: own } = queue
    const subject = (given.delay ?? 0) > 0 ? names.later : names.subjectOf(given.key)
    try {
      const stored = await casts.store({ subject, frame, messageId: id, headers: own.propagation?.inject() })
      // One with a new id is its own duplicate, if its first acknowledgement was lost.
      return given.id === undefined ? { seq: stored.seq, duplicate: false } : stored
    } catch (error) {
      const mayBeStored = error instanceof Unknown
      const cause = mayBeStored ? error.cause : error
      const seen = isFull(cause) ? await queue.recent() : null
      throw queue.failures.notStored(cause, { id, mayBeStored, seen })
    }
  }

  async consume(pool: HereRef, options: ConsumeOptions = {}): Promise<Consumer> {
    const checked = parseOptions(consumeOptions, options, 'options of consume', consumerGuesses)
    const { queue } = this
    checkRuns(pool)
    await this.#asking(() => queue.ensure())
    checkRuns(pool)
    const consumer = new JobConsumer(nuid.next(), queue, pool, checked)
    consumer.start()
    if (messageTypesOf(pool) !== null) this.#typed.set(consumer, pool)
    void consumer.stopped.then(() => this.#typed.delete(consumer))
    return {
      id: consumer.id,
      stopped: consumer.stopped,
      inspect: () => consumer.inspect(),
      explain: () => consumer.explain(),
      stop: async (given = {}) => consumer.stop(parseOptions(stopOptions, given, 'options of stop').within),
    }
  }

  async dead(options: DeadOptions = {}): Promise<readonly DeadLetter[]> {
    const { limit, after } = parseOptions(deadOptions, options, 'options of dead')
    return this.#asking(() => this.queue.letters.list(limit, after))
  }

  async retry(letter: LetterRef): Promise<Stored> {
    const meant = refOf(letter, 'retry')
    const { letters, failures } = this.queue
    const stored = await this.#changing(() => letters.send(meant))
    try {
      await this.queue.patiently(() => letters.discard(meant))
    } catch (error) {
      throw failures.notDeleted(meant.seq, error)
    }
    return stored
  }

  async discard(letter: LetterRef): Promise<boolean> {
    const meant = refOf(letter, 'discard')
    return this.#changing(() => this.queue.letters.discard(meant))
  }

  async inspect(): Promise<QueueInspection> {
    return this.#asking(() => this.queue.inspect())
  }

  async explain(): Promise<Explanation> {
    return explainQueue(await this.inspect())
  }

  #frame(message: unknown, { id, key, expires, delay = 0 }: JobOptions & { readonly id: string }): Uint8Array {
    const { bodies, options, maxPayload } = this.queue
    // Anything else may be what a `handleCast` takes.
    if (message === undefined) throw new InvalidError(`cast to "${this.name}"`, [{ path: [], message: NO_MESSAGE }])
    if (this.#typed.size > 0 && typeIn(message) === null)
      throw new InvalidError(`cast to "${this.name}"`, [{ path: ['type'], message: NO_TYPE }])
    for (const pool of this.#typed.values()) {
      const type = calledIn(pool, message)
      if (type !== null) throw new InvalidError(`cast to "${this.name}"`, [{ path: ['type'], message: isCall(type) }])
    }
    const max = Math.min(options.maxBytes, maxPayload - RESERVE)
    const header = { ...NO_HEADER, id, key, expiresMs: expires, delayMs: delay > 0 ? delay : undefined }
    try {
      return jobFrame(header, { bodies, value: message, max })
    } catch (error) {
      const path = (error as { path?: readonly PropertyKey[] }).path ?? []
      const isOfServer = error instanceof TooLarge && max < options.maxBytes
      const message = isOfServer ? tooLargeFor(maxPayload, max) : textOf(error)
      throw new InvalidError(`cast to "${this.name}"`, [{ path, message }], error)
    }
  }

  async #asking<T>(
    work: () => Promise<T>,
    failed = (error: unknown): GenPoolError => this.queue.failures.unreachable(error),
  ): Promise<T> {
    try {
      // None of the questions does harm twice.
      return await this.queue.patiently(work)
    } catch (error) {
      throw isGenPoolError(error) ? error : failed(error)
    }
  }

  #changing<T>(work: () => Promise<T>): Promise<T> {
    const { failures } = this.queue
    return this.#asking(work, (error) => {
      const isUnknown = error instanceof Unknown || (error as { name?: unknown }).name === 'TimeoutError'
      if (!isUnknown) return failures.unreachable(error)
      return failures.unanswered(error instanceof Unknown ? error.cause : error)
    })
  }
}

/** @throws {OptionsError} if it is no pool of this process, {StoppedError} if it has stopped */
function checkRuns(pool: PoolRef): void {
  roomIn(pool)
  const { name, phase } = inspect(pool)
  if (phase === 'stopped')
    throw new StoppedError(name, false, undefined, { so: 'it can take no messages from a queue' })
}

function tooLargeFor(maxPayload: number, max: number): string {
  return (
    `it is larger than the ${Math.max(0, max)} bytes that a cast may have: the server takes ${maxPayload} (max_payload), and ${RESERVE} ` +
    'of them are kept for its dead letter. Raise "max_payload" of the server, or store the data elsewhere and send where it is'
  )
}

function refOf(letter: unknown, of: string): LetterRef {
  const { seq, id, storedAt, diedAt } = (letter ?? {}) as LetterRef
  if (typeof seq === 'number' && Number.isInteger(seq) && seq > 0) return { seq, id, storedAt, diedAt } as LetterRef
  throw wrongArgument({ of, argument: 'letter', expected: 'a dead letter, as dead() returns it' }, letter)
}
