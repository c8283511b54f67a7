import { createInbox, headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import { saidFrom, type Said } from '../nodes/said'
import type { Subjects } from '../subjects'
import { ownBodies } from '../wire/codec'
import { BadFrame } from '../wire/errors'
import { cancelFrame, type Frame, Kind, openFrame } from '../wire/frames'

/** What comes in. */
export interface InboxListener {
  /** An answer, an error or a progress for a request. */
  frame(id: string, frame: Frame): void
  /** A node did not take a message, since it is paused, or had connected again and its sender did not know that yet. */
  notTaken(id: string, said: Said): void
  /** A node answered this question, and with it all that was sent to it before. */
  caughtUp(said: Said, number: number): void
  /** NATS says that nobody listened where the request went. */
  nobody(id: string): void
  /** A node said something of itself; `asked` if it was asked for it. */
  said(said: Said, asked: boolean): void
  /** NATS has refused the answers of a node to these. */
  answersLost(node: string, ids: readonly string[]): void
  /** NATS says that no node is there; with `node`, that this one is not. */
  absent(node: string | undefined): void
  /** The most bytes of an answer. */
  readonly maxBytes: number
  /** Bytes that are no frame of ours. */
  bad(id: string | undefined, error: unknown): void
  /** NATS refuses a subscription. */
  refused(error: Error): void
}

/** An error is read up to so many bytes, however few an answer may have. */
const MOST_OF_ERROR = 64_000

/** The first letter of the tokens under which nodes answer questions: all of them, or one. */
const ALL = '-'
const ONE = '+'
/** The same with a number, which ends the token. */
const NUMBERED = '='
/** Between such a token and a number. Each question has an address of its own: NATS may allow one message to each. */
const COUNT = '~'

/** Whether something is the last token of an address at which a question is answered. */
export function isQuestion(id: string): boolean {
  return id.startsWith(ALL) || id.startsWith(ONE) || id.startsWith(NUMBERED)
}

/** The subscriptions of one client: its inbox, where everything is answered, and what nodes say of themselves. */
export class Inbox {
  readonly #prefix: string
  readonly #at: number
  #subscriptions: readonly Subscription[]
  /** Whether NATS has refused a subscription. */
  #isRefused = false
  #next = 0
  #questions = 0

  constructor(
    private readonly connection: NatsConnection,
    private readonly subjects: Subjects,
    private readonly listener: InboxListener,
  ) {
    const { options } = connection as { options?: { inboxPrefix?: string } }
    this.#prefix = `${createInbox(options?.inboxPrefix)}.`
    this.#at = this.#prefix.length
    this.#subscriptions = this.#subscribe()
  }

  /** Subscribes once more, if that was refused. */
  again(): void {
    if (!this.#isRefused || this.connection.isClosed()) return
    this.#isRefused = false
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#subscriptions = this.#subscribe()
  }

  #subscribe(): readonly Subscription[] {
    const { connection, subjects } = this
    return [
      connection.subscribe(`${this.#prefix}*`, { callback: (error, message) => this.#answer(error, message) }),
      connection.subscribe(subjects.load, { callback: (error, message) => this.#load(error, message) }),
    ]
  }

  #refused(error: Error): void {
    this.#isRefused = true
    this.listener.refused(error)
  }

  /** With what the addresses begin at which it is answered. */
  get prefix(): string {
    return this.#prefix
  }

  /** An id for a request, which is the last token of the subject at which it is answered. */
  nextId(): string {
    return (this.#next++).toString(36)
  }

  /** Sends a message to a node. */
  send(node: string, frame: Uint8Array, id: string, given?: Readonly<Record<string, string>>): void {
    const subject = this.subjects.callOf(node)
    const reply = this.#prefix + id
    if (given === undefined) return this.connection.publish(subject, frame, { reply })
    const carried = headers()
    for (const [name, value] of Object.entries(given)) carried.set(name, value)
    this.connection.publish(subject, frame, { reply, headers: carried })
  }

  /** Tells a node that nobody waits for the answer to a message any more. */
  cancel(node: string, id: string, reason: string): void {
    this.connection.publish(this.subjects.callOf(node), cancelFrame({ reply: this.#prefix + id, reason }))
  }

  askAll(): void {
    this.connection.publish(this.subjects.ask, undefined, { reply: this.#questionAt(ALL) })
  }

  askNode(node: string): void {
    this.connection.publish(this.subjects.askOf(node), undefined, { reply: this.#questionAt(ONE + node) })
  }

  askNumbered(node: string, number: number): void {
    const reply = `${this.#prefix}${NUMBERED}${number}`
    this.connection.publish(this.subjects.askOf(node), undefined, { reply })
  }

  end(): void {
    if (this.connection.isClosed()) return
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #answer(error: Error | null, message: Msg): void {
    if (error !== null) return this.#refused(error)
    const id = message.subject.slice(this.#at)
    const { data } = message
    const isNumbered = id.startsWith(NUMBERED)
    if (data.length === 0 && message.headers?.code === 503) {
      if (isNumbered) return
      if (!isQuestion(id)) return this.listener.nobody(id)
      return this.listener.absent(id.startsWith(ONE) ? id.slice(1).split(COUNT)[0] : undefined)
    }
    if (isNumbered) return this.#said(data, (said) => this.listener.caughtUp(said, Number(id.slice(1))))
    if (isQuestion(id)) return this.#said(data, (said) => this.listener.said(said, true))
    let frame
    try {
      frame = openFrame(data)
      this.#checkSize(data, frame.kind)
    } catch (fault) {
      // What is only told on the way is no outcome.
      return this.listener.bad(frame?.kind === Kind.progress ? undefined : id, fault)
    }
    if (frame.kind === Kind.load) return this.#said(data, (said) => this.listener.notTaken(id, said))
    this.listener.frame(id, frame)
  }

  #checkSize({ length }: Uint8Array, kind: number): void {
    const { maxBytes } = this.listener
    if (length <= maxBytes || (kind === Kind.failure && length <= MOST_OF_ERROR)) return
    throw new BadFrame(`it has ${length} bytes, and "maxBytes" is ${maxBytes} here`)
  }

  #load(error: Error | null, message: Msg): void {
    if (error !== null) return this.#refused(error)
    this.#said(message.data, (said) => {
      this.listener.said(said, false)
      const own = said.lost?.filter((address) => address.startsWith(this.#prefix)) ?? []
      if (own.length > 0)
        this.listener.answersLost(
          said.id,
          own.map((address) => address.slice(this.#at)),
        )
    })
  }

  #questionAt(token: string): string {
    return `${this.#prefix}${token}${COUNT}${this.#questions++}`
  }

  #said(data: Uint8Array, tell: (said: Said) => void): void {
    try {
      const { kind, body } = openFrame(data)
      const said = kind === Kind.load ? saidFrom(ownBodies.read(body)) : undefined
      if (said === undefined) throw new BadFrame('it does not say what a node says')
      tell(said)
    } catch (fault) {
      this.listener.bad(undefined, fault)
    }
  }
}
