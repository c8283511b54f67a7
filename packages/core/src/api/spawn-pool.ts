import type { FairBy } from '@genpool/broker'
import { checkPlace, readSafely, spawnActor } from '@genpool/runtime'
import type { Ref } from 'nact'
import {
  type Behaviour,
  define,
  type PlainFunction,
  type PlainProperties,
  type PlainProtocol,
} from '../behaviours/define-pool'
import type { MessageOf, PoolRef, Protocol } from '../behaviours/protocol'
import { blueprintOf, type Given } from '../assemble/blueprint'
import type { PoolOptions } from '../assemble/options'
import { PoolActor } from '../assemble/pool-actor'
import { elsewhereOf as codeElsewhere } from '../work/elsewhere'
import { elsewhereOf } from './elsewhere'
import type { AnyBy, AnyCost, BrokerOption, MessageOptions, StateOption } from './message-options'
import { poolOf } from './pool-of'

/** nact's properties of an actor. They are options only for plain nact functions. */
const PLAIN_PROPERTIES = ['initialState', 'initialStateFunc', 'onCrash', 'afterStop', 'shutdownAfter'] as const

/** Options of a pool whose messages have these types. */
export interface TypedPoolOptions<
  T extends string,
  M = unknown,
  By = AnyBy,
  Cost = AnyCost,
  KeyBy = AnyBy,
  KeyCost = AnyCost,
  S = unknown,
  Fair = FairBy,
>
  extends
    Omit<PoolOptions, 'retryOnCrash' | 'rate' | 'limits' | 'state' | 'broker'>,
    MessageOptions<M, By, Cost, KeyBy, KeyCost>,
    StateOption<S>,
    BrokerOption<M, Fair> {
  retryOnCrash?: { readonly [K in T]?: number } | undefined
}

/** The types of messages as `retryOnCrash` has them; of a pool of messages of any shape, all names. */
type TypesOf<P extends Protocol> = [P['otherCall'] | P['otherCast']] extends [never]
  ? (keyof P['calls'] & string) | (keyof P['casts'] & string) | 'handleInfo' | 'handleContinue'
  : string

/** Options of a pool of plain nact functions. */
export interface PlainPoolOptions<
  S,
  M,
  N = unknown,
  By = AnyBy,
  Cost = AnyCost,
  KeyBy = AnyBy,
  KeyCost = AnyCost,
  Fair = FairBy,
>
  extends
    Omit<PoolOptions, 'rate' | 'limits' | 'state' | 'broker'>,
    MessageOptions<N, By, Cost, KeyBy, KeyCost>,
    StateOption<S>,
    BrokerOption<N, Fair>,
    PlainProperties<S, M> {}

/**
 * Starts a pool under `parent` and returns its address. nact's `dispatch`, `query` and `stop` accept it like any other.
 *
 * It returns before an asynchronous `init` has finished; requests wait until then. `ready(pool)` resolves at that time.
 *
 * @param behaviour from `definePool`, or a plain nact function. For a plain function the default is one member with its own
 *   state, so that `spawnPool` can replace nact's `spawn`
 * @param name of the address; generated if left out
 * @param options see `poolOptions`; for a plain function also nact's own properties
 * @throws {OptionsError} if an option is unknown or out of range, the parent is none, or the name is taken or not allowed;
 *   {StoppedError} if the parent has stopped. Nothing is spawned then
 * @example const pool = spawnPool(start(), Counter, 'counter', { size: 5 })
 */
// One signature instead of overloads, so that the compiler names the option that is wrong. `T`, `N` and `V`, the messages and the state, are parameters of
// their own, so that options of a pool whose protocol is a type parameter can be checked, too. The others: see `message-options.ts`.
export function spawnPool<
  S,
  M,
  P extends Protocol = PlainProtocol<S, M>,
  T extends string = TypesOf<P>,
  N = MessageOf<P>,
  const By = unknown,
  const Cost = unknown,
  const KeyBy = unknown,
  const KeyCost = unknown,
  V = P['state'],
  const Fair = unknown,
>(
  parent: Ref<never>,
  behaviour: Behaviour<P> | PlainFunction<S, M>,
  name?: string,
  options?: P extends PlainProtocol<S, M>
    ? PlainPoolOptions<S, M, N, By, Cost, KeyBy, KeyCost, Fair>
    : TypedPoolOptions<NoInfer<T>, N, By, Cost, KeyBy, KeyCost, V, Fair>,
): PoolRef<P>
export function spawnPool(parent: Ref<never>, behaviour: unknown, name?: string, options: object = {}): PoolRef {
  checkPlace('pool', parent, name)
  const blueprint = blueprintOf(behaviour, name, options, (plain) => split(behaviour, plain))
  const actor = spawnActor(parent, (concrete) => new PoolActor(concrete, name, blueprint))
  try {
    actor.pool.start()
  } catch (error) {
    // A clock of the user's threw, for example. Its name must not stay taken.
    readSafely(() => actor.stop(), undefined)
    throw error
  }
  return actor.reference as unknown as PoolRef
}

/**
 * Resolves when the pool has its state and its first member can work.
 *
 * @throws {StoppedError} whose `cause` says why it could not start
 * @example await ready(pool) // rejects with the cause if the pool cannot start
 */
export function ready(pool: PoolRef): Promise<void> {
  return elsewhereOf(pool)?.ready() ?? poolOf(pool, 'ready').kernel.lifecycle.ready()
}

/** Options of the pool, and of a plain nact function its properties. */
function split(behaviour: unknown, options: object): Given {
  if (typeof behaviour !== 'function') {
    const definition = define(behaviour)
    return { definition, own: codeElsewhere(definition)?.withDefaults(options) ?? options }
  }
  const { own, properties } = splitOptions(options)
  return { definition: define(behaviour, properties), own }
}

function splitOptions(options: object): { own: object; properties: object } {
  const entries = readSafely(() => (typeof options === 'object' ? Object.entries(options) : null), null)
  // No options at all: the schema says so.
  if (entries === null || Array.isArray(options)) return { own: options, properties: {} }
  const isPlain = ([key]: [string, unknown]): boolean => (PLAIN_PROPERTIES as readonly string[]).includes(key)
  return {
    own: Object.fromEntries(entries.filter((entry) => !isPlain(entry))),
    properties: Object.fromEntries(entries.filter(isPlain)),
  }
}
