import type { Job } from '@genpool/core'
import type { JobMessage } from '../protocol/messages'
import { plainOrNull } from '../values/addresses'
import { activeTrace, canTrace } from '../values/trace-context'
import { continues } from './routes'

/** What a thread is told of a job. @param isReal whether the pool lives in real time: if not, only its owner knows deadlines */
export function jobMessage(job: Job, id: number, isReal: boolean): JobMessage {
  const { kind, handler, message, deadline, expectsAnswer, wantsProgress, sender, delivery } = job
  const trace = canTrace() ? job.inContext?.(activeTrace) : undefined
  return {
    id,
    kind,
    continues: kind === 'direct' && continues(handler),
    message,
    deadline: isReal ? deadline : Infinity,
    expectsAnswer,
    wantsProgress: wantsProgress !== false,
    attempt: job.attempt + (job.attemptsBefore ?? 0),
    sender: sender === null ? null : plainOrNull(sender),
    ...(delivery === undefined ? {} : { delivery }),
    ...(trace === undefined ? {} : { trace }),
  }
}
