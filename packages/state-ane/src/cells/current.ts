import { wrongArgument } from '@genpool/runtime'
import { current as currentOf, type Draft, isDraft } from 'immer'
import { InvalidError } from '../errors'
import { ENDED_DRAFT, isEndedDraft } from './ended-draft'

/**
 * Returns a copy of a draft as it is now, to keep it after its recipe has returned.
 *
 * @throws {OptionsError} if it is not a draft; {InvalidError} if its recipe has returned
 * @example cell.update((draft) => { seen = current(draft) })
 */
export function current<T>(draft: Draft<T>): T {
  if (isOwnDraft(draft)) return currentOf(draft) as T
  throw wrongArgument({ of: 'current', argument: 'value', expected: 'a draft, as a recipe gets it' }, draft)
}

function isOwnDraft(value: unknown): boolean {
  try {
    return isDraft(value)
  } catch (error) {
    if (!isEndedDraft(error)) return false
    throw new InvalidError('draft given to current', [{ path: [], message: `${ENDED_DRAFT}.` }], error)
  }
}
