import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'

/** How many messages each subject of a stream has, as its server counts. */
export type Counts = Readonly<Record<string, number>>

/** As much of a JetStreamManager as reading needs. */
export interface Reader {
  readonly streams: Pick<JetStreamManager['streams'], 'getMessage'>
}

/** The first message of a subject from a place on; null if there is none, or the server does not list it. */
export function nextOf(jsm: Reader, stream: string, { from, subject }: { from: number; subject: string }) {
  return jsm.streams.getMessage(stream, { seq: from, next_by_subj: subject } as never)
}

/**
 * The messages of a stream from a place on, whatever their subject is; not more than `most`.
 *
 * After it was killed, nats-server 2.9 may count messages of a subject, and say that the subject has none. Here they are found.
 */
export async function* messagesFrom(
  jsm: Reader,
  stream: string,
  { from, most }: { readonly from: number; readonly most: number },
): AsyncGenerator<StoredMsg, void> {
  for (let left = most, seq = from; left > 0; left--) {
    const found = await nextOf(jsm, stream, { from: seq, subject: '>' })
    if (found === null) return
    yield found
    seq = found.seq + 1
  }
}
