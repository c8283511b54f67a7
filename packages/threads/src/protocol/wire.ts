import type { JobMessage, JobToThread, ToOwner, ToThread } from './messages'

/**
 * How messages look on the way: one flat list per post, in order. Structured clone writes the name of each field of each object;
 * numbers in a list cost a third of that.
 */
export type Packed = unknown[]

const KINDS = ['call', 'cast', 'query', 'dispatch', 'direct'] as const
const CONTINUES = 8
const EXPECTS_ANSWER = 16
/** Follows: its attempt, its sender, the other messages of its batch, how it was delivered. */
const HAS_MORE = 32
/** Another message, as it is. */
const OTHER = 64

/** Adds a message for a thread. */
export function packForThread(packed: Packed, message: ToThread): void {
  if (message[0] === 'job') packJob(packed, message)
  else packed.push(OTHER, message)
}

function packJob(packed: Packed, [, place, message, companions]: JobToThread): void {
  const { id, kind, continues, deadline, expectsAnswer, attempt, sender, delivery } = message
  const hasMore = attempt > 0 || sender !== null || companions !== null || delivery !== undefined
  const bits = KINDS.indexOf(kind) + (continues ? CONTINUES : 0) + (expectsAnswer ? EXPECTS_ANSWER : 0)
  packed.push(bits + (hasMore ? HAS_MORE : 0), place, id, message.message, deadline)
  if (hasMore) packed.push([attempt, sender, companions, delivery])
}

/** The messages again. */
export function unpackForThread(packed: Packed): ToThread[] {
  const messages: ToThread[] = []
  for (let i = 0; i < packed.length;) {
    const bits = packed[i] as number
    if (bits === OTHER) {
      messages.push(packed[i + 1] as ToThread)
      i += 2
      continue
    }
    const [attempt, sender, companions, delivery] = ((bits & HAS_MORE) === 0 ? NOTHING : packed[i + 5]) as More
    const message: JobMessage = {
      id: packed[i + 2] as number,
      kind: KINDS[bits & 7] ?? 'call',
      continues: (bits & CONTINUES) !== 0,
      message: packed[i + 3],
      deadline: packed[i + 4] as number,
      expectsAnswer: (bits & EXPECTS_ANSWER) !== 0,
      attempt,
      sender,
      ...(delivery === undefined ? {} : { delivery }),
    }
    messages.push(['job', packed[i + 1] as number, message, companions])
    i += (bits & HAS_MORE) === 0 ? 5 : 6
  }
  return messages
}

type More = readonly [
  attempt: number,
  sender: JobMessage['sender'],
  companions: JobToThread[3],
  delivery: JobMessage['delivery'],
]
const NOTHING: More = [0, null, null, undefined]

const RAN = 0

/** Adds a message for the owner. An answer and the end of the same run become one. */
export function packForOwner(packed: Packed, message: ToOwner): void {
  const last = packed.length - 2
  if (message[0] === 'done' && message[2] === null && packed[last] === OTHER) {
    const answer = packed[last + 1] as ToOwner
    if (answer[0] === 'answered' && answer[1] === message[1]) {
      packed.length = last
      packed.push(RAN, answer[1], answer[2], answer[3], message[3])
      return
    }
  }
  packed.push(OTHER, message)
}

/** The messages again. */
export function unpackForOwner(packed: Packed): ToOwner[] {
  const messages: ToOwner[] = []
  for (let i = 0; i < packed.length;) {
    if (packed[i] === OTHER) {
      messages.push(packed[i + 1] as ToOwner)
      i += 2
      continue
    }
    const id = packed[i + 1] as number
    messages.push(
      ['answered', id, packed[i + 2], packed[i + 3] as boolean],
      ['done', id, null, packed[i + 4] as number],
    )
    i += 5
  }
  return messages
}
