import { InitStep } from '../behaviours/behaviour'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import { CellKeeper, PlainKeeper, type StateKeeper } from './state-keeper'
import { ownCell, type StateOptions } from './state-options'
import type { Started } from './worker'

/** What decides where a worker keeps its state. */
export interface StateSetup {
  readonly behaviour: CompiledBehaviour
  readonly stateOptions: StateOptions
}

/** How a worker starts with what `init` made. */
export interface FirstState {
  readonly started: Started
  /** Null if `init` wants no member here. */
  readonly keeper: StateKeeper | null
}

export const READY: Started = { kind: 'ready', reason: undefined }

/** Reads what `init` returned: a state, or a step that says how to start. */
export function firstStateOf(made: unknown, member: string, setup: StateSetup): FirstState {
  if (!(made instanceof InitStep)) return { started: READY, keeper: keeperOf(made, member, setup) }
  return { started: made, keeper: made.kind === 'continue' ? keeperOf(made.value, member, setup) : null }
}

function keeperOf(state: unknown, member: string, { behaviour, stateOptions }: StateSetup): StateKeeper {
  return behaviour.form === 'plain' ? new PlainKeeper(state) : new CellKeeper(ownCell(member, stateOptions, state))
}
