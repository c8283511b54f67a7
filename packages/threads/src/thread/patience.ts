import type { Nanos } from '@genpool/runtime'
import type { JobMessage } from '../protocol/messages'

/** An answer may come later by this part of the time that its caller has waited, or of the time that is left to it. */
const PART = 1 / 6

/** What a run is to those who wait for its answer. */
export interface Awaited {
  readonly startedAt: Nanos
  /** When the last of its callers sent it; Infinity if its answer must not wait. */
  readonly sentAt: Nanos
  /** When the first of its callers gives up. */
  readonly deadline: Nanos
}

/** Those who wait for the answers of one run. */
interface Callers extends Omit<Awaited, 'startedAt'> {
  /** When the last of them gives up. */
  readonly lastDeadline: Nanos
}

/** @param companions the other messages of a batch; null for none */
export function callersOf(message: JobMessage, companions: readonly JobMessage[] | null): Callers {
  const { deadline } = message
  let sentAt = message.mayWait ? message.sentAt : Infinity
  if (companions === null) return { sentAt, deadline, lastDeadline: deadline }
  const deadlines = [message, ...companions].map((each) => each.deadline)
  for (const each of companions) sentAt = Math.max(sentAt, each.mayWait ? each.sentAt : Infinity)
  return { sentAt, deadline: Math.min(...deadlines), lastDeadline: Math.max(...deadlines) }
}

/** Until when the answer of a run that has ended may wait for others. Not later than `now` if it may not. */
export function mayWaitUntil({ startedAt, sentAt, deadline }: Awaited, now: Nanos): Nanos {
  return now + Math.min(startedAt - sentAt, deadline - now) * PART
}
