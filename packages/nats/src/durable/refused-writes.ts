import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import { textOf } from '@genpool/runtime'
import { hasNoResponders, isFull, isStreamFull, mayNotPublish } from './failures'
import { Unknown } from './publisher'
import { refusalIn, toldOf } from '../refusal'

/** Why something that a consumer writes down is not stored. */
export interface RefusedWrite {
  readonly says: string
  /**
   * What shows that it is over, beside the same thing being stored: `any`: that anything is stored; `look`: a look at the streams
   * that finds them as they should be.
   */
  readonly endsWith: 'same' | 'any' | 'look'
}

/** The stream where something is stored, by its subject. */
export function streamOf(subject: string): string {
  return subject.split('.').slice(0, 3).join('_')
}

/** What is not stored when that fails, and what follows. */
const LOSSES: Readonly<Record<string, string>> = {
  dead: 'Casts that died stay in the queue until it can, and hold back those of their keys',
  tries: 'Casts may wait for their attempts until it can',
  jobs: 'Casts with a "delay" wait until it can',
}

/** What went wrong, so that it can be told; null if another consumer was faster. */
export function refusedWrite(error: unknown, subject: string): RefusedWrite | null {
  const stream = streamOf(subject)
  if (isFull(error)) {
    const isOfStream = isStreamFull(error)
    return { says: fullOf(error, isOfStream ? stream : null), endsWith: isOfStream ? 'same' : 'any' }
  }
  const [says, endsWith] = reasonOf(error, stream)
  const loss = LOSSES[stream.slice(stream.lastIndexOf('_') + 1)]
  return endsWith === null ? null : { says: `the stream "${stream}" ${NOT_WRITTEN} ${says} ${loss}`, endsWith }
}

function reasonOf(error: unknown, stream: string): readonly [string, RefusedWrite['endsWith'] | null] {
  if (error instanceof JetStreamApiError) {
    const isOvertaken = error.code === JetStreamApiCodes.StreamWrongLastSequence
    return [`${error.message} (${error.code}).`, isOvertaken ? null : 'same']
  }
  if (mayNotPublish(error)) return [toldOf(refusalIn(error) as Error), 'same']
  if (hasNoResponders(error))
    return ['nobody listens. It has other subjects, was deleted, or has no leader now.', 'look']
  if (error instanceof Unknown) {
    // The stream of attempts takes something all the time, whatever the others do.
    const isOfTries = stream.endsWith('_tries')
    return ['nothing is acknowledged. The server may be away, or the stream has "no_ack".', isOfTries ? 'any' : 'look']
  }
  return [`${textOf(error)}.`, 'same']
}

const NOT_WRITTEN = 'cannot be written:'

/** Whether that is the trouble. */
export function isNotWritten(trouble: string): boolean {
  return trouble.includes(NOT_WRITTEN)
}

/** @param stream the one that has a limit of its own; null if its server or account has no room */
function fullOf({ message, code }: JetStreamApiError, stream: string | null): string {
  const what =
    stream === null ? 'the storage of the server or the account is used up' : `the stream "${stream}" is full`
  return (
    `${what}: ${message} (${code}). What is stored goes on. Until there is room, attempts are counted in memory, casts that died stay ` +
    `in the queue, and casts with a "delay" wait${stream?.endsWith('_jobs') === true ? standstillOf(stream) : ''}`
  )
}

/** A delayed cast is moved by storing a copy first: so it is never lost, and needs room. */
function standstillOf(stream: string): string {
  const tries = stream.replace(/_jobs$/, '_tries')
  return (
    `. If it holds nothing but such casts, nobody makes room: they are moved by way of the stream "${tries}", one after the other. If that is full, too, ` +
    `all stand still. More room makes it faster ("nats stream edit ${stream} --max-msgs=…", or --max-bytes), by one message at least`
  )
}
