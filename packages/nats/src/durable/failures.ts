import { JetStreamApiError } from '@nats-io/jetstream'
import { type GenPoolError, isGenPoolError, OptionsError, sentence, textOf, UnreachableError } from '@genpool/runtime'
import { CLOSED_FOR_GOOD } from '../link'
import { mayPass } from '../patience'
import { refusalIn, toldOf } from '../refusal'
import { SENT_AGAIN } from './durable-options'
import type { QueueInspection } from './figures'

/** Turns what NATS says into errors of a queue of durable casts. */
export class DurableFailures {
  constructor(
    private readonly queue: string,
    private readonly domain: string | undefined,
  ) {}

  /** Nothing could be asked of JetStream. */
  unreachable(cause: unknown, advice = 'Look at the NATS servers and at "nats stream ls".'): GenPoolError {
    const says = [
      whatHappened(cause, this.domain),
      ...(isClosed(cause)
        ? [OPEN_ANOTHER]
        : isNoStream(cause)
          ? [DELETED]
          : isFull(cause)
            ? [FULL]
            : refusalIn(cause) === null
              ? [advice]
              : []),
    ].join(' ')
    return new UnreachableError(this.queue, false, { says, cause, so: '' })
  }

  /** Something was to be changed, and nobody knows whether it was. */
  unanswered(cause: unknown): GenPoolError {
    const says = `${whatHappened(cause, this.domain)} Try again: that does no harm.`
    return new UnreachableError(this.queue, true, { says, cause, so: '' })
  }

  /** A dead letter was sent again, and is still there. */
  notDeleted(seq: number, cause: unknown): GenPoolError {
    const says =
      `The cast of dead letter ${seq} is stored again, but the letter could not be deleted: ${whatHappened(cause, this.domain)} Who begins the ` +
      'cast tries that again. If it stays, delete it with discard(), and do not retry it: that would run the cast once more.'
    return new UnreachableError(this.queue, true, { says, cause, so: '' })
  }

  /** What JetStream said when a consumer looked at it, which it does again soon. */
  troubleOf(cause: unknown): string {
    const says = isGenPoolError(cause) ? sentence(textOf(cause)) : whatHappened(cause, this.domain)
    return mayPass(cause) ? `${says} ${PASSING}` : says
  }

  /** A cast could not be stored, or nobody knows. `seen`: what a queue has that is full, if that is known. */
  notStored(
    cause: unknown,
    { id, mayBeStored, seen }: { id: string; mayBeStored: boolean; seen: QueueInspection | null },
  ): GenPoolError {
    const advice = mayBeStored
      ? `The cast with the id "${id}" may be stored: cast it again with this id, and it is not stored twice, unless the server was restarted meanwhile and it is done already.`
      : `${isFull(cause) ? `${fullOf(seen)} ` : areFilesGone(cause) ? `${FILES_GONE} ` : ''}The cast is not stored.`
    return new UnreachableError(this.queue, mayBeStored, {
      says: `${whatHappened(cause, this.domain)} ${advice}`,
      cause,
      so: '',
    })
  }

  /** Its server forgets ids while a cast may still be sent again. */
  shortWindow(windowMs: number, timeout: number): OptionsError {
    const message = `the queue knows ids for ${windowMs} ms, and "timeout" is ${timeout}`
    return new OptionsError(
      `The options of the queue "${this.queue}" are wrong: ${message}: ${SENT_AGAIN}. ` +
        `Give "duplicates" of at least ${timeout}, or a shorter "timeout".`,
      [{ path: ['duplicates'], message }],
    )
  }

  /** The queue was made with other options. @param isDefault whether ours is what it is if nothing is given */
  otherQueue(option: string, theirs: unknown, ours: unknown, isDefault = false): OptionsError {
    const message = `the queue was made with ${textOf(theirs)}, and this is ${textOf(ours)}${isDefault ? ', the default' : ''}`
    return new OptionsError(
      `The options of the queue "${this.queue}" are wrong: its "${option}" is fixed, ${message}. ` +
        'Give it the same on all machines, take another name, or delete its streams when they are empty ("nats stream rm").',
      [{ path: [option], message }],
    )
  }
}

/** Who makes a stream again that is gone. */
export const MADE_AGAIN =
  'Processes that consume make it again, in about two seconds. If there is none, open the queue again with durable(), or call ' +
  'jobs.consume(pool).'
const NOT_FOUND = 10059
const OPEN_ANOTHER = 'Open another one, and the queue again with it.'
const DELETED = `A stream of the queue was deleted, with all that was stored there. ${MADE_AGAIN}`
const PASSING =
  'Most likely a server has just ended, and the others elect a leader: it is asked again. If that goes on, look at "nats server report ' +
  'jetstream" and "nats stream ls"'

/** Whether a stream is not there. */
export function isNoStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === NOT_FOUND
}

/** Whether nobody listens: it certainly did not reach a stream. */
export function hasNoResponders(error: unknown): boolean {
  const { isNoResponders } = error as { isNoResponders?: () => boolean }
  return typeof isNoResponders === 'function' && isNoResponders.call(error)
}

const MORE_ROOM =
  'give it more room: "nats stream edit" of its stream "…_jobs" (max_msgs, max_bytes), or the storage of the account and the server.'
const FULL = `The queue is full. Consume faster, or ${MORE_ROOM}`

/** Why a queue is full, and what helps. */
function fullOf(seen: QueueInspection | null): string {
  if (seen === null) return FULL
  const { waiting, inHand, delayed, leftovers } = seen
  const has = `The queue is full: ${waiting} waiting, ${inHand} in hand, ${delayed} held back`
  if (leftovers > 0) {
    return (
      `${has}, and ${leftovers} that came back with a server that was killed, though they are done. Consumers delete these: start one, or ` +
      `look at its explain(). Or ${MORE_ROOM}`
    )
  }
  if (waiting + inHand + delayed === 0) {
    return `${has}. What is used up is the storage of the account or the server: look at "nats stream ls", and ${MORE_ROOM}`
  }
  if (waiting + inHand === 0) {
    return `${has}. Those that are held back begin when their "delay" is over, so nobody can consume them faster: cast with less "delay", or ${MORE_ROOM}`
  }
  return `${has}. Consume faster, or ${MORE_ROOM}`
}

const FILES_GONE =
  'The server has removed the files of a stream that it still has: that stream was deleted, and made again at once. Delete its ' +
  'stream "…_jobs" ("nats stream rm"): consumers make it again.'

/** Whether the files of a stream are gone although it is there. */
export function areFilesGone(error: unknown): error is JetStreamApiError {
  return error instanceof JetStreamApiError && /no such file|opening msg block/i.test(error.message)
}

/** Whether a stream, an account or a server has no room left. */
export function isFull(cause: unknown): cause is JetStreamApiError {
  return cause instanceof JetStreamApiError && /maximum (messages|bytes)|resource|storage/i.test(cause.message)
}

/** Whether a stream has no room left by a limit of its own. */
export function isStreamFull(cause: unknown): cause is JetStreamApiError {
  return isFull(cause) && /maximum/i.test(cause.message)
}

/** Whether something was certainly not sent: its sender may not. */
export function mayNotPublish(error: unknown): boolean {
  return (refusalIn(error) as { operation?: unknown } | null)?.operation === 'publish'
}

function isClosed(cause: unknown): boolean {
  return (cause as { name?: unknown }).name === 'ClosedConnectionError'
}

const SWITCHED_OFF = 'it is switched off ("jetstream" in the configuration, or -js)'
const NO_DOMAIN = 'it is misspelt or cannot be reached ("domain" in the "jetstream" block of the server that has it)'

function whatHappened(cause: unknown, domain: string | undefined): string {
  if (isClosed(cause)) return `${CLOSED_FOR_GOOD.replace(/^t/, 'T')}.`
  const refusal = refusalIn(cause)
  if (refusal !== null) return toldOf(refusal)
  const { name } = cause as { name?: unknown }
  if (name === 'JetStreamNotEnabled' || hasNoResponders(cause)) {
    const [where, why] = domain === undefined ? ['', SWITCHED_OFF] : [` in the domain "${domain}"`, NO_DOMAIN]
    return `No server answers for JetStream${where}: ${why}, has no leader now, or its stream was deleted.`
  }
  if (name === 'TimeoutError' || name === 'RequestError') return 'JetStream did not answer in time.'
  if (cause instanceof JetStreamApiError) return `JetStream says: ${cause.message} (${cause.code}).`
  return `NATS says: ${textOf(cause)}.`
}
