import { InvalidError, showPath, textOf, warn } from '@genpool/runtime'
import type { ReplicaMessage } from '@genpool/state-ane'
import type { CommittedRun, ToOwner } from '../protocol/messages'
import { faultIn, isReadable } from '../values/cloneable'
import { encodeError } from '../values/errors'

/**
 * What is sent instead of a message that cannot be cloned, or read: who waits for it learns why. Null for what nobody waits for.
 *
 * @param handlerOf the handler of a job, in words
 */
export function replacementOf(message: ToOwner, error: unknown, handlerOf: (job: number) => string): ToOwner | null {
  switch (message[0]) {
    case 'answered':
      return ['unanswerable', message[1], faultIn(message[2])]
    case 'done':
      return ['crashed', message[1], encodeError(invalid('step of a handler', message[2])), message[3]]
    case 'made':
      return ['notMade', encodeError(invalid('result of init', message[2] ?? message[3]))]
    case 'cell':
      return message[1][0] === 'commit' ? ['cell', withdrawn(message[1], handlerOf)] : null
    case 'started':
      return ['notStarted', encodeError(invalid('result of init', message[1].reason))]
    case 'progress':
      warn(
        `Progress of ${handlerOf(message[1])} could not be sent, and its caller is not told: ${inWords(message[2])}.`,
      )
      return null
    default:
      warn(`A thread could not send its message "${message[0]}": ${textOf(error)}`)
      return null
  }
}

/** What in it cannot be sent, and where. */
function inWords(value: unknown): string {
  const { path, message } = faultIn(value)
  return `at ${showPath(path, 'the whole value')}: ${message}`
}

function invalid(what: string, value: unknown): InvalidError {
  return new InvalidError(what, [faultIn(value)])
}

/** The commit is refused instead, as if the owner had done so. */
function withdrawn(
  message: Extract<ReplicaMessage, readonly ['commit', ...unknown[]]>,
  handlerOf: (job: number) => string,
): ReplicaMessage {
  const [kind, epoch, seq, hold, patches, tag] = message
  const { job, answer, ranNs } = tag as CommittedRun
  if (isReadable(patches)) {
    // The commit is made all the same, as in the thread of the pool.
    return [kind, epoch, seq, hold, patches, { job, answer: undefined, fault: faultIn(answer?.value), ranNs }]
  }
  const { path, value } = patches.find((patch) => !isReadable(patch.value)) ?? { path: [], value: patches }
  const fault = faultIn(value)
  const refused = new InvalidError(`commit of ${handlerOf(job)}`, [{ ...fault, path: [...path, ...fault.path] }])
  return ['withdraw', epoch, seq, encodeError(refused)]
}
