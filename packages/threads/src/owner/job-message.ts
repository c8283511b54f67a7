import type { Job } from '@genpool/core'
import type { JobMessage } from '../protocol/messages'
import { plainOrNull } from '../values/addresses'
import { continues } from './routes'

/** What a thread is told of a job. @param isReal whether the pool lives in real time: if not, only its owner knows deadlines */
export function jobMessage(job: Job, id: number, isReal: boolean): JobMessage {
  const { kind, handler, message, deadline, expectsAnswer, attempt, sender, delivery } = job
  return {
    id,
    kind,
    continues: kind === 'direct' && continues(handler),
    message,
    deadline: isReal ? deadline : Infinity,
    expectsAnswer,
    attempt,
    sender: sender === null ? null : plainOrNull(sender),
    ...(delivery === undefined ? {} : { delivery }),
  }
}
