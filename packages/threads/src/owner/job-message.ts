import type { Job, JobScope } from '@genpool/core'
import type { CallerTrace, JobMessage } from '../protocol/messages'
import { plainOrNull } from '../values/addresses'
import { activeTrace, canTrace } from '../values/trace-context'
import { continues } from './routes'

/** What the owner knows of a job. */
export interface JobFacts {
  readonly id: number
  /** Whether the pool lives in real time: if not, only its owner knows deadlines. */
  readonly isReal: boolean
}

/** What a thread is told of a job. */
export function jobMessage(job: Job, { id, isReal }: JobFacts): JobMessage {
  const { kind, handler, message, sentAt, deadline, expectsAnswer, wantsProgress, sender, delivery } = job
  const trace = canTrace() ? traceOf(job.scope ?? null) : undefined
  return {
    id,
    kind,
    continues: kind === 'direct' && continues(handler),
    message,
    sentAt: sentAt ?? 0,
    deadline: isReal && job.deadlineMoves !== true ? deadline : Infinity,
    expectsAnswer,
    wantsProgress: wantsProgress !== false,
    mayWait: isReal && sentAt !== undefined,
    attempt: job.attempt + (job.before?.attempts ?? 0),
    sender: sender === null ? null : plainOrNull(sender),
    delivery,
    trace,
  }
}

function traceOf(scope: JobScope | null): CallerTrace | undefined {
  const headers = scope?.within(activeTrace)
  return headers === undefined ? undefined : { headers, spanAttributes: scope?.spanAttributes }
}
