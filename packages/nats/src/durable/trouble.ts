import { CLOSED_FOR_GOOD } from '../link'
import { MADE_AGAIN } from './failures'
import { isNotWritten } from './refused-writes'
import { isRefused, NEEDS_PERMISSION } from '../refusal'
import { isThrownAway, keepingAdvice } from './thrown-away'

const DELETED = 'deleted, with all that was stored there'
const AGAIN = 'made again'
const NO_CONSUMERS = 'deleted at the server, so nobody gets their casts'
const SILENT = 'nothing was heard of the server'
const CUT_OFF =
  'Look at the network between this process and the server, and whether the server stands still. What is stored is safe, and other consumers ' +
  'take it. A shorter "pingInterval" of connect makes the connection anew sooner.'
const UNDELIVERED = 'that the server does not deliver'

const EDITED = 'and casts may not be tried again, or not be delivered.'
const SET_BACK = 'Processes that consume set it back in a few seconds'
const NOT_BACK = 'It cannot be set back ("nats consumer edit", or delete it: consumers make it again):'

const OPEN_ANOTHER = 'To go on here, open another connection, the queue with it (durable), and consume.'
const CORRECT =
  'Correct what it names: the stream ("nats stream info", "nats stream edit"), or the permissions of the account. What is stored is safe, ' +
  'and goes on then.'

/** Nothing is heard of the server. */
export function silentFor(seconds: number): string {
  return `${SILENT} for ${seconds} s, and nobody has said that the connection is lost. What waits cannot come here`
}

/** Whether that is the trouble. */
export function isSilent(trouble: string): boolean {
  return trouble.startsWith(SILENT)
}

/** Streams of a queue are gone. */
export function deletedNow(streams: readonly string[]): string {
  return `${absentNow(streams)}${streams.length === 1 ? ', and is' : ', and are'} ${AGAIN}`
}

/** Streams of a queue are gone, and this process does not make them again. */
export function absentNow(streams: readonly string[]): string {
  const names = streams.map((name) => `"${name}"`).join(', ')
  return `the ${streams.length === 1 ? 'stream' : 'streams'} ${names} ${streams.length === 1 ? 'was' : 'were'} ${DELETED}`
}

/** Somebody has edited a consumer. */
export function editedNow({
  stream,
  consumer,
  says,
  refusal,
}: {
  readonly stream: string
  readonly consumer: string
  readonly says: string
  /** Why it cannot be set back. */
  readonly refusal: string | null
}): string {
  const then = refusal === null ? SET_BACK : `${NOT_BACK} ${refusal}`
  return `somebody has edited the consumer "${consumer}" of the stream "${stream}": it has ${says}, ${EDITED} ${then}`
}

/** Consumers of a stream are gone, which it has for the lanes of the queue. */
export function consumersDeleted(stream: string, consumers: readonly string[]): string {
  const few = consumers.slice(0, 3).map((name) => `"${name}"`)
  const more = consumers.length - few.length
  const names = more > 0 ? `${few.join(', ')} and ${more} more` : few.join(', ')
  const isOne = consumers.length === 1
  return `the ${isOne ? 'consumer' : 'consumers'} ${names} of the stream "${stream}" ${isOne ? 'was' : 'were'} ${NO_CONSUMERS}`
}

/** A stream holds messages, and no consumer of it gets them. */
export function notDelivered(stream: string, messages: number): string {
  const what = messages === 1 ? '1 message' : `${messages} messages`
  return (
    `the stream "${stream}" holds ${what} ${UNDELIVERED}. Most likely it was deleted, and made again while the server still ` +
    'removed the files of the old one'
  )
}

/** What to do if a stream of the queue was deleted or cannot be written; null if that is not the trouble. */
export function adviceFor(trouble: string | null): string | null {
  if (trouble === CLOSED_FOR_GOOD) return OPEN_ANOTHER
  if (trouble !== null && isSilent(trouble)) return CUT_OFF
  if (trouble !== null && isNotWritten(trouble)) return CORRECT
  if (trouble !== null && isThrownAway(trouble)) return keepingAdvice(trouble)
  if (trouble !== null && isRefused(trouble)) return `${NEEDS_PERMISSION} What is stored is safe, and goes on then.`
  if (trouble?.includes(UNDELIVERED) === true) {
    const again = 'Cast again what it held: nobody can read that any more.'
    return `Delete that stream ("nats stream rm"): consumers make it again. ${again}`
  }
  if (trouble?.includes(EDITED) === true) {
    return 'Call jobs.consume(pool): that sets it back, and so do processes that consume. If they may not, set it back by hand. What is stored is safe.'
  }
  if (trouble?.includes(NO_CONSUMERS) === true) {
    return 'Call jobs.consume(pool): that makes them again, and so do processes that consume, in a few seconds. What is stored is safe.'
  }
  if (trouble?.includes(DELETED) !== true) return null
  if (!trouble.endsWith(AGAIN)) return `${MADE_AGAIN} Cast again what is lost.`
  return 'Wait: it takes about two seconds, and no cast is stored meanwhile. Cast again what is lost.'
}
