import { OptionsError, parseOptions, spawnActor } from '@genpool/runtime'
import type { Ref } from 'nact'
import {
  type Behaviour,
  define,
  type OpenProtocol,
  type PlainFunction,
  type PlainProperties,
} from '../behaviours/define-pool'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import { checkTogether } from '../assemble/combined-options'
import { type PoolOptions, poolOptions } from '../assemble/options'
import { PoolActor } from '../assemble/pool-actor'
import { poolOf } from './pool-of'

/** nact's properties of an actor; options of a pool of plain nact functions only. */
const PLAIN_PROPERTIES = ['initialState', 'initialStateFunc', 'onCrash', 'afterStop', 'shutdownAfter'] as const

/** The number of members of a pool whose options do not say. */
const DEFAULT_SIZE = 8

/**
 * Starts a pool under `parent` and returns its address, which nact's `dispatch`, `query` and `stop` take like any other.
 *
 * It returns before an asynchronous `init` is done: requests wait until then. `ready(pool)` tells when.
 *
 * @param behaviour from `definePool`, or a plain nact function: of which there is one member with a state of its own,
 *   unless the options say otherwise, so that `spawnPool` takes the place of nact's `spawn`
 * @param name of the address; made up if left out
 * @param options see `poolOptions`; for a plain function also nact's own properties
 * @throws {OptionsError} if an option is unknown or out of range; {StoppedError} if the parent has stopped; an Error of
 *   nact's if the name is taken or is none. Nothing is spawned then
 */
export function spawnPool<P extends Protocol>(
  parent: Ref<never>,
  behaviour: Behaviour<P>,
  name?: string,
  options?: PoolOptions,
): PoolRef<P>
export function spawnPool<S, M>(
  parent: Ref<never>,
  f: PlainFunction<S, M>,
  name?: string,
  options?: PoolOptions & PlainProperties<S, M>,
): PoolRef<OpenProtocol<S, M, unknown, M>>
export function spawnPool(parent: Ref<never>, behaviour: unknown, name?: string, options: object = {}): PoolRef {
  const { own, properties } = typeof behaviour === 'function' ? splitOptions(options) : { own: options, properties: {} }
  const definition = define(behaviour, properties)
  const checked = parseOptions(poolOptions, own, `options of pool "${name ?? 'without a name'}"`)
  checkTogether(checked)
  if (definition.form === 'plain') checkProperties(definition.properties)
  const defaultSize = definition.form === 'plain' ? 1 : DEFAULT_SIZE
  const setup = { definition, options: checked, given: own, defaultSize }
  const { pool, reference } = spawnActor(parent, (concrete) => new PoolActor(concrete, name, setup))
  pool.start()
  return reference as unknown as PoolRef
}

/**
 * Resolves when the pool has made its state and its first member can work.
 *
 * @throws {StoppedError} whose `cause` says why it could not start
 */
export function ready(pool: PoolRef): Promise<void> {
  return poolOf(pool).kernel.lifecycle.ready()
}

function splitOptions(options: object): { own: object; properties: object } {
  const entries = Object.entries(options)
  const isPlain = ([key]: [string, unknown]): boolean => (PLAIN_PROPERTIES as readonly string[]).includes(key)
  return {
    own: Object.fromEntries(entries.filter((entry) => !isPlain(entry))),
    properties: Object.fromEntries(entries.filter(isPlain)),
  }
}

function checkProperties({ shutdownAfter }: PlainProperties<unknown, unknown>): void {
  if (shutdownAfter === undefined || (typeof shutdownAfter === 'number' && shutdownAfter >= 0)) return
  const message = `expected milliseconds, got ${String(shutdownAfter)}`
  throw new OptionsError(`"shutdownAfter" is wrong: ${message}.`, [{ path: ['shutdownAfter'], message }])
}
