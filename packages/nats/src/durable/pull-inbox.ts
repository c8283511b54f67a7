import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import { NS_PER_MS } from '@genpool/runtime'
import { orClosed } from '../link'
import type { QueueNames } from './names'
import { type Pull, STAY_MS } from './pulls'

/** What hears what requests for casts bring. */
export interface PullListener {
  message(message: Msg): void
  /** A request for casts of a lane has ended, and so many did not come. */
  ended(lane: number, left: number): void
  /** The server says that the consumer or its stream is gone. */
  deleted(): void
  /** The server takes no such requests: somebody has edited the consumer. */
  refused(): void
}

const UNFILLED = 404
const PENDING = 'Nats-Pending-Messages'

/** Asks consumers for messages, and hears what comes. */
export class PullInbox {
  #inbox = ''
  #subscription: Subscription | null = null

  constructor(
    private readonly connection: NatsConnection,
    private readonly names: Pick<QueueNames, 'api' | 'jobs'>,
    private readonly consumers: readonly string[],
    private readonly listener: PullListener,
  ) {}

  /** Whether a subject is one where what was asked for comes. */
  isOwn(subject: string): boolean {
    return this.#inbox !== '' && subject.startsWith(this.#inbox)
  }

  ask({ lane, batch, stays, staysMs = STAY_MS }: Pull): void {
    if (this.#subscription === null) this.#open()
    const request = stays ? { batch, expires: Math.ceil(staysMs * NS_PER_MS) } : { batch, no_wait: true }
    const { api, jobs } = this.names
    const subject = `${api}.CONSUMER.MSG.NEXT.${jobs}.${this.consumers[lane] ?? ''}`
    try {
      this.connection.publish(subject, JSON.stringify(request), { reply: `${this.#inbox}.${lane}.${batch}` })
    } catch {
      // The connection is closed, or drains.
    }
  }

  /** Ends all requests: the server forgets those that nobody hears. What is on its way still comes before it resolves. */
  async cancel(): Promise<void> {
    const subscription = this.#subscription
    this.#subscription = null
    this.#inbox = ''
    if (subscription === null || subscription.isClosed()) return
    await orClosed(this.connection, subscription.drain()).catch(() => undefined)
  }

  #open(): void {
    const { options } = this.connection as { options?: { inboxPrefix?: string } }
    const inbox = (this.#inbox = createInbox(options?.inboxPrefix))
    this.#subscription = this.connection.subscribe(`${inbox}.>`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message, inbox)
      },
    })
  }

  #receive(message: Msg, inbox: string): void {
    // Messages of a stream come with their own subjects.
    if (!message.subject.startsWith(inbox)) return this.listener.message(message)
    const code = message.headers?.code ?? 0
    if (code < 400 || this.#inbox !== inbox) return
    const [lane, batch] = message.subject
      .slice(inbox.length + 1)
      .split('.')
      .map(Number)
    if (lane === undefined || batch === undefined || !(batch > 0) || this.consumers[lane] === undefined) return
    const left = code === UNFILLED ? batch : Number(message.headers?.get(PENDING) || batch)
    this.listener.ended(lane, left)
    const says = message.headers?.description ?? ''
    if (/deleted/i.test(says)) this.listener.deleted()
    if (/exceeded maxrequest/i.test(says)) this.listener.refused()
  }
}
