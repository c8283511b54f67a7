import { type Fault, listed, nearest, showValue } from '@genpool/runtime'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { CheckedPoolOptions } from './options'

/** The types of messages that options name, and for which the behaviour has no handler. None while its handlers are not known. */
export function faultsOfTypes(
  { retryOnCrash }: Pick<CheckedPoolOptions, 'retryOnCrash'>,
  { handlerTypes }: Pick<CompiledBehaviour, 'handlerTypes'>,
): readonly Fault[] {
  if (handlerTypes === null) return []
  const unknown = Object.keys(retryOnCrash).filter((type) => !handlerTypes.includes(type))
  return unknown.map((type) => {
    const meant = nearest(type, handlerTypes)
    const hint = meant === undefined ? '' : ` (did you mean ${showValue(meant)}?)`
    const message = `the behaviour has no handler ${showValue(type)}, so it has no effect${hint}. Expected ${listed(handlerTypes.map(showValue))}`
    return { path: ['retryOnCrash', type], message }
  })
}
