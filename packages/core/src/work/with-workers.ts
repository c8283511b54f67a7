import { readSafely, wrongArgument } from '@genpool/runtime'
import { type Behaviour, Definition, isDefinition } from '../behaviours/define-pool'
import { argumentOfOtherCopy, isOfOtherCopy } from '../behaviours/other-copy'
import type { Protocol } from '../behaviours/protocol'
import { guarded } from './guarded-worker'
import { elsewhereOf } from './elsewhere'
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
 * @throws {OptionsError} if `behaviour` or `workers` is something else
 * @example spawnPool(system, withWorkers(Counter, workers), 'counter', { state: 'isolated' })
 */
export function withWorkers<P extends Protocol>(behaviour: Behaviour<P>, workers: WorkerFactory): Behaviour<P> {
  const given: unknown = behaviour
  if (!isDefinition(given)) {
    if (isOfOtherCopy(given)) throw argumentOfOtherCopy('behaviour given to withWorkers')
    throw wrongArgument({ of: 'withWorkers', argument: 'behaviour', expected: 'what definePool returned' }, given)
  }
  if (!readSafely(() => typeof workers.create === 'function', false)) {
    throw wrongArgument(
      { of: 'withWorkers', argument: 'workers', expected: 'a factory { create(seat, host) }' },
      workers,
    )
  }
  const { form, callbacks, properties } = given
  const definition = new Definition(form, callbacks, properties)
  factories.set(definition, guarded(workers))
  return definition as unknown as Behaviour<P>
}

/** The workers of a behaviour; undefined if it runs in this thread. */
export function workersOf(definition: Definition): WorkerFactory | undefined {
  return elsewhereOf(definition)?.workers ?? factories.get(definition)
}
