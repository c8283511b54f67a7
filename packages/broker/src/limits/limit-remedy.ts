import { readSafely, type Remedy, textOf, wrongArgument } from '@genpool/runtime'
import { InvalidError } from '../errors'
import { type Drop } from '../queues/queue'
import { type Waiting } from '../queues/waiting'

type DropCause = Pick<Drop<Waiting>, 'reason' | 'ofKey' | 'cause'>

/**
 * What the error of a drop says if limits are the reason; undefined if they are not, or if nothing more is known.
 *
 * @throws {OptionsError} if it is no drop
 * @example const why = limitRemedy({ reason: 'max', ofKey: true })?.why
 */
export function limitRemedy(drop: DropCause): Remedy | undefined {
  try {
    return remedyOf(drop)
  } catch {
    throw wrongArgument({ of: 'limitRemedy', argument: 'drop', expected: 'a drop of a decision' }, drop)
  }
}

function remedyOf({ reason, ofKey, cause }: DropCause): Remedy | undefined {
  if (ofKey === true) {
    const why = 'as many of its key waited as "limits.max" allows'
    const says = 'Raise "limits.max" if more of one key may wait, or send fewer requests of one key.'
    return reason === 'priority' ? { why: `${why}, and a more urgent one of it came`, says } : { why, says }
  }
  if (reason !== 'rate' || cause === undefined) return undefined
  const why = `the limits have changed while it waited: ${refusalInWords(cause)}`
  return { why, says: 'A retry is refused with this reason.', cause }
}

/**
 * Why limits refuse a request, without a full stop.
 *
 * @param cause that of the drop, or what a function of the user has thrown
 * @example const why = refusalInWords(new TypeError('there is no tenant.'))
 */
export function refusalInWords(cause: unknown): string {
  const fault = readSafely(() => (cause instanceof InvalidError ? cause.faults[0]?.message : undefined), undefined)
  return textOf(fault ?? cause).replace(/\.$/, '')
}
