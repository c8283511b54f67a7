import { OptionsError } from '../errors'
import { printable } from '../printable'
import { showValue } from './show-value'

/** How each kind of actor is started. */
const SPAWNS = {
  pool: 'spawnPool(parent, behaviour, "name", options)',
  broker: 'spawnBroker(parent, options, "name")',
  regulator: 'spawnRegulator(parent, options, "name")',
  'remote pool': 'remotePool(parent, connection, { name })',
  state: 'spawnState(parent, initial, options, "name")',
} as const

export type Kind = keyof typeof SPAWNS

/** What is configured, as in `options of pool "counter"`. */
export function optionsOf(kind: Kind, name: string | null | undefined): string {
  return `options of ${actorOf(kind, name)}`
}

/** An actor that is to be spawned, as in `pool "counter"`. */
export function actorOf(kind: Kind, name: unknown): string {
  return typeof name === 'string' ? `${kind} ${showValue(name)}` : `a ${kind} without a name`
}

/** The error for a parent or a name with which nothing can be spawned. It shows the order of the arguments. */
export function wrongPlace(
  kind: Kind,
  { argument, of, message }: { argument: 'parent' | 'name'; of: string; message: string },
): OptionsError {
  const end = message.endsWith('.') ? '' : '.'
  return new OptionsError(
    printable(`The ${argument} of ${of} is wrong; nothing was spawned: ${message}${end} Write ${SPAWNS[kind]}.`),
    [{ path: [argument], message }],
  )
}
