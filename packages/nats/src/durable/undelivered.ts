import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import type { QueueNames } from './names'

/** What has come less long ago may be on its way, in milliseconds. */
const MOMENT_MS = 5000

/**
 * How many messages the stream of a queue counts and cannot deliver: nobody can read the first one. So it is after a stream was deleted
 * and made again while the server still removed the files of the old one.
 *
 * @param seen `now`: by the clock of the server, in milliseconds
 */
export async function undelivered(
  jsm: JetStreamManager,
  { jobs }: Pick<QueueNames, 'jobs'>,
  { state, now }: { readonly state: StreamState; readonly now: number },
): Promise<number> {
  const { messages, first_seq: seq, first_ts } = state
  if (messages === 0 || now - Date.parse(first_ts) < MOMENT_MS) return 0
  if ((await jsm.streams.getMessage(jobs, { seq })) !== null) return 0
  // It may have been done meanwhile.
  const after = (await jsm.streams.info(jobs)).state
  return after.messages > 0 && after.first_seq === seq ? after.messages : 0
}
