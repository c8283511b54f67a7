import { withoutContext } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import { isStep } from '../behaviours/answerable'
import type { MemberInfo } from '../behaviours/context'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import { type Eventually, isThenable } from '../behaviours/eventually'
import { isOfOtherCopy, resultOfOtherCopy } from '../behaviours/other-copy'
import type { PoolFacts } from '../behaviours/pool-facts'
import { nobody } from '../hot-imports'
import type { MailboxEntry } from '../requests/mailbox'
import { BareContext } from './message-context'

const NO_STEP =
  'it is a step (what reply, noReply and halt return): return the state itself, or what initThen, ignore or refuse returns'

/** Calls the behaviour's `init` (of a plain function: nact's `initialStateFunc`), which makes one state. It has no caller. */
export function initialise(
  { form, callbacks, properties, routes }: CompiledBehaviour,
  facts: PoolFacts,
  info: MemberInfo,
): unknown {
  if (routes?.init !== undefined) return routes.init(facts, info)
  const context = new BareContext(facts, info)
  if (form !== 'plain') return checkedInit(withoutContext(() => callbacks.init?.(context)))
  const { initialState, initialStateFunc } = properties
  if (initialStateFunc === undefined) return initialState
  const { children } = context
  return withoutContext(() => initialStateFunc({ ...context, children, sender: undefined } as never))
}

/** A step of a handler is no state, nor is one of another copy. @throws {InvalidError} if it is one */
function checkedInit(made: unknown): unknown {
  if (isThenable(made)) return Promise.resolve(made).then(checkedInit)
  if (isOfOtherCopy(made)) throw resultOfOtherCopy('init')
  if (isStep(made)) throw new InvalidError('result of init', [{ path: [], message: NO_STEP }])
  return made
}

/** How a member ends. */
export interface Ending {
  readonly info: MemberInfo
  /** Its last state; undefined if its store was destroyed. */
  readonly state: unknown
  readonly reason: unknown
  /** Whether the whole pool stops. */
  readonly poolStops: boolean
  /** What waited when the pool stopped. */
  readonly mailbox: readonly MailboxEntry[]
}

/** Calls the behaviour's `terminate`; of a plain function, nact's `afterStop` if the whole pool stops. It has no caller. */
export function terminate(behaviour: CompiledBehaviour, facts: PoolFacts, ending: Ending): Eventually<void> {
  const context = new BareContext(facts, ending.info)
  if (behaviour.form !== 'plain') {
    const { callbacks } = behaviour
    return withoutContext(() => callbacks.terminate?.(ending.reason, ending.state, context) as Eventually<void>)
  }
  const { afterStop } = behaviour.properties
  if (!ending.poolStops || afterStop === undefined) return
  const { children } = context
  const { mailbox } = ending
  return withoutContext(() => afterStop(ending.state, { ...context, children, sender: nobody, mailbox } as never))
}
