import { JetStreamApiError } from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { headers as makeHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { hasNoResponders, mayNotPublish } from './failures'
import { pause } from '../pause'
import { orLost } from '../reconnects'

/** The longest wait for one answer, before the same is sent again. */
const TRY_MS = 2000
/** The wait before the next try when nobody answers: JetStream may be electing a leader. */
const PAUSE_MS = 100

/** What is stored. */
export interface Stored {
  /** Its place in the stream; of a duplicate, the place of the first one. */
  readonly seq: number
  /** A cast with its id was stored before. */
  readonly duplicate: boolean
}

/** What is to be stored. */
export interface Publication {
  readonly subject: string
  readonly frame: Uint8Array
  /** What has come before with the same one is not stored again. Undefined: it is stored each time. */
  readonly messageId?: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The last place of its subject must be this one: somebody else may have written. */
  readonly expected?: number
}

/** Somebody else has written on this subject since. */
const WRONG_LAST = 10071

export function isWrongLast(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === WRONG_LAST
}

/** Nobody knows whether it is stored. */
export class Unknown extends Error {
  override readonly name = 'Unknown'
}

/** Stores bytes in streams. What is not acknowledged is sent again, with its id or the place that it expects: so it is stored once. */
export class Publisher {
  constructor(
    private readonly connection: NatsConnection,
    private readonly clock: Clock,
    private readonly timeoutMs: () => number,
  ) {}

  /**
   * Resolves when it is stored.
   *
   * @param unheard called when nobody listens: it is tried again
   * @param since from when on its time runs
   * @throws {JetStreamApiError} if it was refused; {Unknown} if nobody knows; what NATS says otherwise
   */
  async store(publication: Publication, unheard?: () => void, since: Nanos = this.clock.now()): Promise<Stored> {
    const { clock, connection } = this
    const head = headersOf(publication)
    const until = since + this.timeoutMs() * NS_PER_MS
    for (let mayBeStored = false; ;) {
      const wasClosed = connection.isClosed()
      try {
        return await this.#send(publication, head, (until - clock.now()) / NS_PER_MS)
      } catch (error) {
        if (error instanceof JetStreamApiError && !isPassing(error)) throw error
        if (mayNotPublish(error) && !mayBeStored) throw error
        mayBeStored ||= !(wasClosed || hasNoResponders(error))
        if (hasNoResponders(error)) unheard?.()
        const isLast = !mayRepeat(publication) || clock.now() + PAUSE_MS * NS_PER_MS >= until
        if (isLast || connection.isClosed()) throw mayBeStored ? unknown(error) : error
        await pause(clock, PAUSE_MS)
      }
    }
  }

  async #send(publication: Publication, headers: MsgHdrs, leftMs: number): Promise<Stored> {
    const { subject, frame } = publication
    const timeout = Math.max(1, Math.min(leftMs, TRY_MS))
    const answer = this.connection.request(subject, frame, { timeout, headers })
    const { data } = await (mayRepeat(publication) ? orLost(this.connection, answer) : answer)
    return acknowledgedIn(data)
  }
}

/** Whether it is stored once, however often it is sent. */
function mayRepeat({ messageId, expected }: Publication): boolean {
  return messageId !== undefined || expected !== undefined
}

function headersOf({ messageId, headers, expected }: Publication): MsgHdrs {
  const head = makeHeaders()
  if (messageId !== undefined) head.set('Nats-Msg-Id', messageId)
  if (expected !== undefined) head.set('Nats-Expected-Last-Subject-Sequence', String(expected))
  if (headers !== undefined) for (const [name, value] of Object.entries(headers)) head.set(name, value)
  return head
}

function acknowledgedIn(data: Uint8Array): Stored {
  const { error, seq, duplicate } = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString()) as {
    error?: ConstructorParameters<typeof JetStreamApiError>[0]
    seq?: unknown
    duplicate?: unknown
  }
  if (error !== undefined) throw new JetStreamApiError(error)
  if (typeof seq !== 'number' || seq <= 0)
    throw new Error('what answered is no stream: something else listens on its subject')
  return { seq, duplicate: duplicate === true }
}

/** The server has just started, or elects a leader. */
const UNAVAILABLE = 10008

function isPassing({ code }: JetStreamApiError): boolean {
  return code === UNAVAILABLE
}

function unknown(cause: unknown): Unknown {
  return new Unknown('no server has acknowledged it in time', { cause })
}
