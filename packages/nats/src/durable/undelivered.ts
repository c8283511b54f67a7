import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import type { QueueNames } from './names'

/** What has come less long ago may be on its way, in milliseconds. */
const MOMENT_MS = 5000

/** What the server says of the casts of a queue, all at about the same time. */
export interface Counted {
  readonly state: StreamState
  /** How many wait, are in hand or are held back, as its consumers say. */
  readonly known: number
  /** By the clock of the server, in milliseconds. */
  readonly now: number
}

/**
 * How many messages the stream of a queue holds and never delivers. After a stream was deleted and made again while the server still
 * removed the files of the old one, it counts messages that nobody can read.
 */
export async function undelivered(jsm: JetStreamManager, names: QueueNames, counted: Counted): Promise<number> {
  const { state, known, now } = counted
  const isOld = state.messages > 0 && now - Date.parse(state.first_ts) > MOMENT_MS
  if (!isOld) return 0
  if (known === 0) return state.messages
  return (await isUnreadable(jsm, names, state)) ? state.messages : 0
}

async function isUnreadable(jsm: JetStreamManager, { jobs }: QueueNames, state: StreamState): Promise<boolean> {
  const seq = state.first_seq
  if ((await jsm.streams.getMessage(jobs, { seq })) !== null) return false
  // It may have been done meanwhile.
  const after = (await jsm.streams.info(jobs)).state
  return after.messages > 0 && after.first_seq === seq
}
