import type { MemberInfo } from '@genpool/core'
import { initialise, InitStep, LocalPool, type LocalPoolSetup } from '@genpool/core/elsewhere'
import type { ToOwner } from '../protocol/messages'
import { encodeError } from '../values/errors'

/** Calls `init` for the state that all members share. Returns what the owner is told. */
export async function makeState(setup: LocalPoolSetup, info: MemberInfo): Promise<ToOwner> {
  const { behaviour, facts } = new LocalPool(setup)
  try {
    const made: unknown = await initialise(behaviour, facts, info)
    if (!(made instanceof InitStep)) return ['made', 'state', made, undefined]
    return ['made', made.kind, made.value, made.reason]
  } catch (error) {
    return ['notMade', encodeError(error)]
  }
}
