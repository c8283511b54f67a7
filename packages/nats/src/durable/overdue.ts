import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { ServerMs } from './delays'
import { readJob } from './job-frame'
import type { QueueNames } from './names'
import type { QueueState } from './queue-state'

/** One that is as late may be on its way. */
const LATE_MS = 2000
/** So many are looked at, or fewer if they are large, but not fewer than these. */
const MOST_LOOKS = 32
const LEAST_LOOKS = 4
const LOOK_BYTES = 256_000

/** What is known of casts that should have begun. */
export interface Overdue {
  readonly overdue: number
  readonly overdueMs: number
}

const NONE: Overdue = { overdue: 0, overdueMs: 0 }

/**
 * How many casts are held back though their delay is over, and for how long. The server does not know: some of them are looked at, from
 * all over the stream, and the first one that no consumer has seen.
 *
 * @param seen `now`: by the clock of the server
 */
export async function overdueIn(
  jsm: JetStreamManager,
  { jobs, later }: Pick<QueueNames, 'jobs' | 'later'>,
  { state, now }: { readonly state: QueueState; readonly now: ServerMs },
): Promise<Overdue> {
  const { delayed, nextDelayed } = state
  if (delayed === 0) return NONE
  const found = new Map<number, StoredMsg>()
  const look = async (seq: number): Promise<void> => {
    const message = await jsm.streams.getMessage(jobs, { seq, next_by_subj: later } as never)
    if (message !== null) found.set(message.seq, message)
  }
  await Promise.all([look(nextDelayed), ...placesIn(state).map(look)])
  const late = [...found.values()].map((message) => now - dueAt(message)).filter((ms) => ms > LATE_MS)
  if (late.length === 0) return NONE
  const count = Math.max(late.length, Math.round((delayed * late.length) / found.size))
  return { overdue: Math.min(count, delayed), overdueMs: Math.round(Math.max(...late)) }
}

/** Places all over a stream, others each time. */
function placesIn({ stream: { first_seq, last_seq, messages, bytes } }: QueueState): number[] {
  const looks = Math.max(LEAST_LOOKS, Math.min(MOST_LOOKS, Math.floor((LOOK_BYTES * messages) / Math.max(1, bytes))))
  const all = last_seq - first_seq + 1
  if (all <= looks) return Array.from({ length: all }, (_, i) => first_seq + i)
  const from = Math.random()
  return Array.from({ length: looks }, (_, i) => first_seq + Math.floor(((i + from) * all) / looks))
}

function dueAt({ data, time }: StoredMsg): ServerMs {
  try {
    return time.getTime() + (readJob(data).header.delayMs ?? 0)
  } catch {
    // Who moves it buries it.
    return Infinity
  }
}
