import { CrashedError, type GenPoolError, InvalidError, type Job, type WorkerSeat } from '@genpool/core'
import { faultIn, isCloneable } from '../values/cloneable'
import { hasLeft } from '../values/transfer'

const MOVED =
  'its memory was moved to a thread when it ran before, so it cannot run again. ' +
  'Do not move messages that may be repeated: they are copied then.'

/** The error of a job that could not be sent to its thread: it cannot be cloned, or its memory has been moved. */
export function errorOfUnsent(job: Job, { facts, info }: WorkerSeat): GenPoolError {
  const all = [job, ...(job.companions ?? [])]
  const { message, handler } = all.find((each) => !isCloneable(each.message)) ?? job
  if (hasLeft(message)) return new CrashedError(facts.name, info.name, handler.type, new Error(MOVED))
  return new InvalidError(`message "${job.handler.type}" to pool "${facts.name}"`, [faultIn(message)])
}
