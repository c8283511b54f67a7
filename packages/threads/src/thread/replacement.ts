import { InvalidError, textOf } from '@genpool/runtime'
import type { ToOwner } from '../protocol/messages'
import { faultIn, isCloneable } from '../values/cloneable'
import { encodeError } from '../values/errors'

/** What is sent instead of a message that cannot be cloned: who waits for it learns why. Null for what nobody waits for. */
export function replacementOf(message: ToOwner, error: unknown): ToOwner | null {
  switch (message[0]) {
    case 'answered':
      return ['unanswerable', message[1], faultIn(message[2])]
    case 'done':
      return ['crashed', message[1], encodeError(invalid('step of a handler', message[2]), isCloneable), message[3]]
    case 'started':
      return ['notStarted', encodeError(invalid('result of init', message[1].reason), isCloneable)]
    default:
      process.emitWarning(`A thread could not send its message "${message[0]}": ${textOf(error)}`, 'GenPoolWarning')
      return null
  }
}

function invalid(what: string, value: unknown): InvalidError {
  return new InvalidError(what, [faultIn(value)])
}
