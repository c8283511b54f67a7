import { OptionsError } from '../errors'
import { showValue } from './show-value'

/** How each kind of actor is started. */
const SPAWNS = {
  pool: 'spawnPool(parent, behaviour, "name", options)',
  broker: 'spawnBroker(parent, options, "name")',
  regulator: 'spawnRegulator(parent, options, "name")',
  state: 'spawnState(parent, initial, options, "name")',
} as const

type Kind = keyof typeof SPAWNS

/**
 * Checks that what stands in the place of a name is none of the other arguments.
 *
 * @throws {OptionsError} showing the order of the arguments
 */
export function checkName(kind: Kind, name: unknown): void {
  // null is what nact makes up a name for, too.
  if (name === undefined || name === null || typeof name === 'string') return
  const message = `expected a string, or undefined for a name that is made up, got ${showValue(name)}`
  throw new OptionsError(`The name of a ${kind} is wrong; nothing was spawned: ${message}. Write ${SPAWNS[kind]}.`, [
    { path: ['name'], message },
  ])
}

/** What is configured, as in `options of pool "counter"`. */
export function optionsOf(kind: Kind, name: string | null | undefined): string {
  return name === undefined || name === null ? `options of a ${kind} without a name` : `options of ${kind} "${name}"`
}
