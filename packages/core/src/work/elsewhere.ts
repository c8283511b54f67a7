import type { Fault } from '@genpool/runtime'
import { type Behaviour, Definition } from '../behaviours/define-pool'
import type { Protocol } from '../behaviours/protocol'
import type { Routes } from '../behaviours/routes'
import type { StateOptions } from './state-options'
import type { WorkerFactory } from './worker'

/** A behaviour whose code is loaded elsewhere: in another thread or process. */
export interface Elsewhere {
  /** Finds the handlers. It may learn which there are when the first worker has loaded them. */
  readonly routes: Routes
  readonly workers: WorkerFactory
  /** The number of members if the options do not say. */
  readonly size: number
  /** The options of a pool with what is different where it runs, for what was not given. */
  withDefaults(options: object): object
  /** Why its workers cannot keep the state so; undefined if they can. Asked before anything is spawned. */
  faultOfState(options: StateOptions): Fault | undefined
}

const known = new WeakMap<Definition, Elsewhere>()

/** A behaviour that runs elsewhere. Each member has a state of its own unless the options say otherwise. */
export function behaviourElsewhere<P extends Protocol>(elsewhere: Elsewhere): Behaviour<P> {
  const definition = new Definition('map', {})
  known.set(definition, elsewhere)
  return definition as unknown as Behaviour<P>
}

/** Where a behaviour runs; undefined if its handlers are in this thread. */
export function elsewhereOf(definition: Definition): Elsewhere | undefined {
  return known.get(definition)
}
