import type { Service } from '@nats-io/services'
import type { Subjects } from '../subjects'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Incoming } from './endpoint-ports'

/** The queue group of requests for any node. */
const QUEUE = 'genpool'

/** A question of a client: what does the node say of itself? */
export interface Question {
  readonly reply?: string
  respond(data: Uint8Array): boolean
}

/** What the addresses of a node are made of. */
interface OfNode {
  readonly subjects: Subjects
  readonly name: string
  readonly id: string
}

/** A node, and what it does with what comes. */
interface Receiver {
  readonly id: string
  request(message: Incoming): void
  question(message: Question): void
}

/** What the services framework answers. */
const VERBS = ['PING', 'STATS', 'INFO']

/** Whether a node needs the subscription to a subject: its own addresses, and those under which the services framework finds it. */
export function isNeeded(subject: string, { subjects, name, id }: OfNode): boolean {
  const own = [subjects.callOf(id), subjects.anyCall, subjects.ask, subjects.askOf(id)]
  if (own.includes(subject)) return true
  return VERBS.some((verb) => ['', `.${name}`, `.${name}.${id}`].some((rest) => subject === `$SRV.${verb}${rest}`))
}

/** Subscribes a node to its addresses: requests for it, requests for any node, and the questions of clients. */
export function subscribe(service: Service, subjects: Subjects, receiver: Receiver): void {
  const receive = (error: Error | null, message: Incoming): void => {
    if (error === null) receiver.request(message)
  }
  const { id } = receiver
  service.addEndpoint('call', { subject: subjects.callOf(id), handler: receive as never, metadata: { node: id } })
  service.addEndpoint('any', { subject: subjects.anyCall, handler: receive as never, queue: QUEUE })
  const answer = (_: unknown, question: Question): void => receiver.question(question)
  service.addEndpoint('ask', { subject: subjects.ask, handler: answer as never })
  service.addEndpoint('ask-node', { subject: subjects.askOf(id), handler: answer as never })
}

/**
 * Goes on to answer whoever asks for one node that leaves: it has requests in hand, and where nobody listens, their senders would take
 * it to be gone. Returns what ends that.
 */
export function answerUntilGone(
  connection: Pick<NatsConnection, 'subscribe'>,
  address: string,
  answer: (question: Question) => void,
): () => void {
  try {
    const subscription = connection.subscribe(address, {
      callback: (error, question) => {
        if (error === null) answer(question)
      },
    })
    return () => subscription.unsubscribe()
  } catch {
    // The connection is closed, or drains.
    return () => undefined
  }
}
