import { CrashedError, type Fault, type GenPoolError, InvalidError, type Job, type WorkerSeat } from '@genpool/core'
import { faultIn, isReadable } from '../values/cloneable'
import { hasLeft, isDetached, transferListOf } from '../values/transfer'

const MOVED =
  'its memory was moved to a thread when it ran before, so it cannot run again. ' +
  'Do not move messages that may be repeated: they are copied then.'
const SENT_BEFORE =
  'it was sent before, and its memory was moved then: it is empty here. Send a copy, or leave out `transfer`.'
const UNREAD =
  'its thread cannot read it, and nothing that is wrong was found in it. Send plain data: its thread may know the classes of Node that ' +
  'are in it as something else'
const LIST_WAS_MOVED = 'the list that was given to `transfer` has memory that was moved before'
const LIST_CANNOT_MOVE = 'Node cannot move something in the list that was given to `transfer`'

/** The error of a job that could not be sent to its thread: it cannot be cloned, or its memory has been moved. */
export function errorOfUnsent(job: Job, { facts, info }: WorkerSeat): GenPoolError {
  const all = [job, ...(job.companions ?? [])]
  const { message, handler } = all.find((each) => !isReadable(each.message)) ?? job
  const hasRun = job.attempt > 0 || (job.before?.attempts ?? 0) > 0
  if (hasRun && hasLeft(message)) return new CrashedError(facts.name, info.name, handler.type, new Error(MOVED))
  return new InvalidError(`message "${job.handler.type}" to pool "${facts.name}"`, [faultOf(message)])
}

/** The error of a job that its thread cannot read. Most often, this thread cannot either: then it says what is wrong. */
export function errorOfUnread(job: Job, seat: WorkerSeat): GenPoolError {
  const all = [job, ...(job.companions ?? [])]
  if (!all.every(({ message }) => isReadable(message))) return errorOfUnsent(job, seat)
  return new InvalidError(`message "${job.handler.type}" to pool "${seat.facts.name}"`, [{ path: [], message: UNREAD }])
}

function faultOf(message: unknown): Fault {
  if (hasLeft(message)) return { path: [], message: SENT_BEFORE }
  const list = transferListOf(message)
  if (list === undefined || !isReadable(message)) return faultIn(message)
  return { path: [], message: list.some(isDetached) ? LIST_WAS_MOVED : LIST_CANNOT_MOVE }
}
