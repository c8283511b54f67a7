import { textOf } from '@genpool/runtime'
import { jetstream, type JetStreamClient, JetStreamApiCodes, JetStreamApiError, StorageType } from '@nats-io/jetstream'
import { type KV, type KvEntry, Kvm, type KvStatus, type KvWatchEntry } from '@nats-io/kv'
import { errors, headers as makeHeaders, type NatsConnection, type QueuedIterator } from '@nats-io/transport-node'
import { LONGEST_QUESTION_MS } from '../patience'
import { DELETING_MS, pause } from '../pause'
import type { CheckedStoreOptions } from './store-options'

/** What came of one attempt to write an entry. */
export type Answer =
  | { readonly kind: 'stored'; readonly revision: number }
  /** Somebody else has written since that revision. */
  | { readonly kind: 'lost' }
  /** It is certain that it was not stored, and that another attempt fails, too. */
  | { readonly kind: 'refused'; readonly error: Error }
  /** The server did not answer, or cannot at the moment. */
  | { readonly kind: 'unanswered'; readonly mayBeStored: boolean; readonly error: Error }

const SEE = 'or JetStream has no leader at the moment. See "nats server report jetstream"'

function noJetStream(domain: string | undefined): string {
  if (domain === undefined) return `the server has no JetStream, ${SEE}, and start "nats-server" with "-js"`
  const how = 'it is misspelt or cannot be reached ("domain" in the "jetstream" block of the server that has it)'
  return `no server answers for JetStream in the domain "${domain}": ${how}, ${SEE}`
}

const DRAINS = 'the connection to NATS drains, and takes no answers any more.'

/** What a write expects. */
export interface Expected {
  /** The last revision of the entry. 0: it does not exist. */
  readonly revision: number
  /** The last revision of the whole bucket, if that counts, too. */
  readonly last: number | undefined
}

/** A KV bucket, and what its errors mean. */
export class Bucket {
  #kv!: KV
  #js!: JetStreamClient
  /**
   * Whether it is kept on several servers. Then only the last revision of the whole bucket is a safe condition: two writes that
   * expect the same revision of one entry may both be taken (nats-server#4320, and #8469 for newer ones).
   */
  isReplicated = false
  #wasThere = false

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: CheckedStoreOptions,
  ) {}

  get name(): string {
    return this.options.bucket
  }

  /** Makes the bucket if it does not exist. Another attempt may succeed. @throws {Error} that says why that fails */
  async open(): Promise<void> {
    const { bucket, replicas, revisions, storage, timeout, domain } = this.options
    try {
      this.#js = jetstream(this.connection, {
        timeout: Math.min(timeout, LONGEST_QUESTION_MS),
        ...(domain === undefined ? {} : { domain }),
      })
      const made = new Kvm(this.#js)
      if (this.#wasThere) await this.#untilRemoved()
      await made.create(bucket, {
        replicas,
        history: revisions,
        storage: storage === 'file' ? StorageType.File : StorageType.Memory,
      })
      // Bound without direct reads: the leader answers, and not a follower that lags behind.
      this.#kv = await made.open(bucket, { allow_direct: false })
      this.isReplicated = (await this.#kv.status()).replicas > 1
      this.#wasThere = true
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** If it was deleted, the server may still be removing its files. */
  async #untilRemoved(): Promise<void> {
    try {
      await this.#kv.status()
    } catch (error) {
      if (!isNoBucket(error)) throw error
      await pause(this.options.clock, DELETING_MS, false)
    }
  }

  /** Whether its connection is closed for good. */
  get isClosed(): boolean {
    return this.connection.isClosed()
  }

  /** @throws {Error} that says why it is not known */
  async status(): Promise<KvStatus> {
    try {
      return await this.#kv.status()
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** The last revision of the whole bucket, and the server that says so. @throws {Error} that says why it is not known */
  async end(): Promise<{ readonly last: number; readonly leader: string | undefined }> {
    const { state, cluster } = (await this.status()).streamInfo
    return { last: state.last_seq, leader: cluster?.leader }
  }

  /** Follows all entries: first the last revision of each. */
  async watch(): Promise<QueuedIterator<KvWatchEntry>> {
    try {
      return await this.#kv.watch()
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** The last revision of an entry, also if it was deleted; null if there is none. @throws {Error} that says why it is not known */
  async last(entry: string): Promise<KvEntry | null> {
    try {
      return await this.#kv.get(entry)
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** The revisions of an entry that the bucket still has, the oldest first. */
  async history(entry: string): Promise<readonly KvEntry[]> {
    const revisions: KvEntry[] = []
    for await (const revision of await this.#kv.history({ key: entry })) revisions.push(revision)
    return revisions
  }

  /** Writes an entry if nobody has written since what is expected. */
  async compareAndSet(entry: string, bytes: Uint8Array, expected: Expected, timeoutMs: number): Promise<Answer> {
    const { revision, last } = expected
    try {
      if (this.connection.isDraining()) return this.#send(entry, bytes, expected)
      if (last === undefined) {
        const options = { previousSeq: revision, timeout: timeoutMs }
        return { kind: 'stored', revision: await this.#kv.put(entry, bytes, options) }
      }
      const options = { expect: { lastSequence: last }, timeout: timeoutMs }
      const { seq } = await this.#js.publish(`$KV.${this.name}.${entry}`, bytes, options)
      return { kind: 'stored', revision: seq }
    } catch (error) {
      return this.#answerOf(error)
    }
  }

  /** A connection that drains sends what it is given, and takes no answers. */
  #send(entry: string, bytes: Uint8Array, { revision, last }: Expected): Answer {
    const head = makeHeaders()
    if (last === undefined) head.set('Nats-Expected-Last-Subject-Sequence', String(revision))
    else head.set('Nats-Expected-Last-Sequence', String(last))
    this.connection.publish(`$KV.${this.name}.${entry}`, bytes, { headers: head })
    return { kind: 'unanswered', mayBeStored: true, error: new Error(`bucket "${this.name}": ${DRAINS}`) }
  }

  async #answerOf(error: unknown): Promise<Answer> {
    const explained = this.#explained(error)
    if (isWrongRevision(error)) return { kind: 'lost' }
    if (isWithoutResponder(error)) return this.#withoutResponder(explained)
    if (error instanceof JetStreamApiError) {
      const isPassing = error.status === 503
      return isPassing
        ? { kind: 'unanswered', mayBeStored: false, error: explained }
        : { kind: 'refused', error: explained }
    }
    if (error instanceof errors.InvalidArgumentError || causeOf(error) instanceof errors.PermissionViolationError)
      return { kind: 'refused', error: explained }
    return { kind: 'unanswered', mayBeStored: true, error: explained }
  }

  /** Nobody takes what is written: the bucket was deleted, or there is no leader now. */
  async #withoutResponder(error: Error): Promise<Answer> {
    try {
      await this.#kv.status()
    } catch (reason) {
      if (isNoBucket(reason)) return { kind: 'refused', error: this.#explained(reason) }
    }
    return { kind: 'unanswered', mayBeStored: false, error }
  }

  #explained(error: unknown): Error {
    const text = (what: string): string => `bucket "${this.name}": ${what}.`
    const why = (what: string): Error => new Error(text(what), { cause: error })
    if (isNoBucket(error)) return why('it was deleted. Call restore() to make it again with the last good values')
    if (isNotEnabled(error) || isWithoutResponder(error)) return why(noJetStream(this.options.domain))
    if (error instanceof errors.TimeoutError) return why('the server did not answer in time')
    return why(textOf(error))
  }
}

function isNoBucket(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound
}

/** Its class is not public. */
function isWithoutResponder(error: unknown): boolean {
  return error instanceof Error && error.name === 'JetStreamNotEnabled'
}

function isNotEnabled(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.JetStreamNotEnabledForAccount
}

function isWrongRevision(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes
  return error.code === StreamWrongLastSequence || error.code === StreamWrongLastSequenceUnknown
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}
