import { type Behaviour, Definition } from '../behaviours/define-pool'
import type { Protocol } from '../behaviours/protocol'
import { guarded } from './guarded-worker'
import type { WorkerFactory } from './worker'

const factories = new WeakMap<Definition, WorkerFactory>()

/**
 * The same behaviour with workers of one's own: its messages are found, checked and queued as before, and `workers` run them.
 *
 * For work that runs elsewhere: in another thread, process or machine.
 *
 * What a worker throws ends that worker, which is replaced; a worker that does not start is tried again, as an `init` that fails.
 *
 * @returns a behaviour of its own; the one that was given still runs in this thread
 */
export function withWorkers<P extends Protocol>(behaviour: Behaviour<P>, workers: WorkerFactory): Behaviour<P> {
  const { form, callbacks, properties } = behaviour as unknown as Definition
  const definition = new Definition(form, callbacks, properties)
  factories.set(definition, guarded(workers))
  return definition as unknown as Behaviour<P>
}

/** The workers of a behaviour; undefined if it runs in this thread. */
export function workersOf(definition: Definition): WorkerFactory | undefined {
  return factories.get(definition)
}
