import type { ReplicaMessage } from '@genpool/state-ane'
import type { CommittedRun, JobMessage, JobToThread, ToOwner, ToThread } from './messages'
import { packPatches, unpackPatches } from './packed-patches'

/**
 * How messages look on the way: one flat list per post, in order. Structured clone writes the name of each field of each object;
 * numbers in a list cost a third of that.
 */
export type Packed = unknown[]

const KINDS = ['call', 'cast', 'query', 'dispatch', 'direct'] as const
const CONTINUES = 8
const EXPECTS_ANSWER = 16
/** Follows: its attempt, its sender, the other messages of its batch, how it was delivered, the trace of its caller. */
const HAS_MORE = 32
const WANTS_PROGRESS = 128
const MAY_WAIT = 256
/** Another message, as it is. */
const OTHER = 64
/** What others have committed to the shared state. */
const PATCHES = 65
/** A post that could not be read, without what was wrong in it. Follows: its number. */
const AGAIN = 66

/** The beginning of a post that comes again. */
export function beginAgain(number: number): Packed {
  return [AGAIN, number]
}

/** The post that comes again, and its number; undefined if it is another. */
export function againOf(packed: Packed): { readonly number: number; readonly packed: Packed } | undefined {
  return packed[0] === AGAIN ? { number: packed[1] as number, packed: packed.slice(2) } : undefined
}

/** Adds a message for a thread. */
export function packForThread(packed: Packed, message: ToThread): void {
  if (message[0] === 'job') packJob(packed, message)
  else if (message[0] === 'state' && message[1][0] === 'patches') {
    const [, epoch, version, patches] = message[1]
    packed.push(PATCHES, epoch, version)
    packPatches(packed, patches)
  } else packed.push(OTHER, message)
}

function packJob(packed: Packed, [, place, message, companions]: JobToThread): void {
  const { id, kind, continues, sentAt, deadline, expectsAnswer, wantsProgress, mayWait } = message
  const { attempt, sender, delivery, trace } = message
  const hasMore = attempt > 0 || sender !== null || companions !== null || delivery !== undefined || trace !== undefined
  const ends = (expectsAnswer ? EXPECTS_ANSWER : 0) + (wantsProgress ? WANTS_PROGRESS : 0) + (mayWait ? MAY_WAIT : 0)
  const bits = KINDS.indexOf(kind) + (continues ? CONTINUES : 0) + ends + (hasMore ? HAS_MORE : 0)
  packed.push(bits, place, id, message.message, sentAt, deadline)
  if (hasMore) packed.push([attempt, sender, companions, delivery, trace])
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
    if (bits === PATCHES) {
      const [patches, end] = unpackPatches(packed, i + 3)
      messages.push(['state', ['patches', packed[i + 1] as number, packed[i + 2] as number, patches]])
      i = end
      continue
    }
    const [attempt, sender, companions, delivery, trace] = ((bits & HAS_MORE) === 0 ? NOTHING : packed[i + 6]) as More
    const message: JobMessage = {
      id: packed[i + 2] as number,
      kind: KINDS[bits & 7] ?? 'call',
      continues: (bits & CONTINUES) !== 0,
      message: packed[i + 3],
      sentAt: packed[i + 4] as number,
      deadline: packed[i + 5] as number,
      expectsAnswer: (bits & EXPECTS_ANSWER) !== 0,
      wantsProgress: (bits & WANTS_PROGRESS) !== 0,
      mayWait: (bits & MAY_WAIT) !== 0,
      attempt,
      sender,
      delivery,
      trace,
    }
    messages.push(['job', packed[i + 1] as number, message, companions])
    i += (bits & HAS_MORE) === 0 ? 6 : 7
  }
  return messages
}

type More = readonly [
  attempt: number,
  sender: JobMessage['sender'],
  companions: JobToThread[3],
  delivery: JobMessage['delivery'],
  trace: JobMessage['trace'],
]
const NOTHING: More = [0, null, null, undefined, undefined]

const RAN = 0
/** A commit to the shared state, and what comes of its run. */
const COMMIT = 1

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
  if (message[0] === 'cell' && message[1][0] === 'commit') packCommit(packed, message[1])
  else packed.push(OTHER, message)
}

type Commit = Extract<ReplicaMessage, readonly ['commit', ...unknown[]]>

function packCommit(packed: Packed, commit: Commit): void {
  const [, epoch, seq, hold, patches, tag] = commit
  const { job, answer, fault, ranNs } = tag as CommittedRun
  if (fault !== undefined) return void packed.push(OTHER, ['cell', commit])
  packed.push(COMMIT, epoch, seq, hold, job, ranNs, answer === undefined ? false : (answer.kept ?? true), answer?.value)
  packPatches(packed, patches)
}

function unpackCommit(packed: Packed, at: number): readonly [commit: Commit, end: number] {
  const [epoch, seq, hold, job, ranNs, isAnswered, value] = packed.slice(at + 1, at + 8)
  const [patches, end] = unpackPatches(packed, at + 8)
  const answer =
    typeof isAnswered === 'number' ? { value, kept: isAnswered } : isAnswered === true ? { value } : undefined
  const run = { job, answer, ranNs } as CommittedRun
  return [['commit', epoch as number, seq as number, hold as number, patches, run], end]
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
    if (packed[i] === COMMIT) {
      const [commit, end] = unpackCommit(packed, i)
      messages.push(['cell', commit])
      i = end
      continue
    }
    const id = packed[i + 1] as number
    messages.push(
      ['answered', id, packed[i + 2], packed[i + 3] as boolean | number],
      ['done', id, null, packed[i + 4] as number],
    )
    i += 5
  }
  return messages
}
