import { checkEngineOptions, type EngineOptions } from '@genpool/broker'
import { OptionsError, optionsOf, parseOptions, readSafely, wrongOptions } from '@genpool/runtime'
import { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import { type Definition, isDefinition } from '../behaviours/define-pool'
import type { Settings } from '../pool/settings'
import { elsewhereOf } from '../work/elsewhere'
import { commitOptionsOf, faultOfKey, stateOptionsOf } from '../work/state-options'
import { workersOf } from '../work/with-workers'
import { engineOptionsOf, faultsTogether } from './combined-options'
import { firstGuesses } from './first-guesses'
import { asPlain, copyOfGiven, isSameAsGiven } from './given-options'
import { type CheckedPoolOptions, isBrokerRef, type PoolOptions, poolOptions } from './options'
import { faultsOfPolicies } from './policies'
import { faultsOfTypes } from './types-in-options'

/** The options of the broker of a pool, whose errors name the pool. */
function checkedEngine(options: CheckedPoolOptions, what: string): EngineOptions {
  try {
    return checkEngineOptions(engineOptionsOf(options))
  } catch (error) {
    throw error instanceof OptionsError ? wrongOptions(what, error.issues) : error
  }
}

/** The default number of members. */
const DEFAULT_SIZE = 8
/** How many different options of one behaviour are remembered. */
const REMEMBERED = 8

/**
 * What pools of one behaviour and the same options share. Nothing in it changes.
 *
 * Fast path: one for all of them, instead of checking the options for each. Saves a third of the time in which an idle pool is
 * spawned, and 3 KiB of its memory.
 */
export class Blueprint {
  readonly behaviour: CompiledBehaviour
  readonly settings: Settings
  /** The options of a broker of its own; null if the pool shares one. */
  readonly engine: EngineOptions | null

  constructor(
    readonly definition: Definition,
    readonly options: CheckedPoolOptions,
    /** The options as the user wrote them, which changes are merged into. */
    readonly given: PoolOptions,
    what: string,
  ) {
    this.behaviour = compiled(definition)
    this.check(options, what)
    this.settings = settingsOf(options, this.isolates)
    this.engine = isBrokerRef(options.broker) ? null : checkedEngine(options, what)
  }

  /**
   * Checks what no schema can: options that exclude each other, or that these members have no use for.
   *
   * @param what whose options they are, as errors name them
   * @throws {OptionsError}
   */
  check(options: CheckedPoolOptions, what: string): void {
    const { definition, behaviour, isolates } = this
    const faults = [
      ...faultsTogether(options, isolates),
      ...faultsOfPolicies(options, workersOf(definition) === undefined),
      ...faultsOfTypes(options, behaviour),
    ]
    const ofState = elsewhereOf(definition)?.faultOfState(stateOptionsOf(options.state, isolates))
    if (ofState !== undefined) faults.push(ofState)
    if (faults.length > 0) throw wrongOptions(what, faults)
    if (options.limits !== false && !isBrokerRef(options.broker)) checkedEngine(options, what)
  }

  /**
   * Checks what depends on the name of the pool.
   *
   * @param name as its address has it
   * @param given as the user gave it; undefined if it was generated
   * @throws {OptionsError} if the store of its state has no cell of its key
   */
  checkNamed(name: string, given: string | undefined): void {
    const fault = faultOfKey(name, given, this.settings.state)
    if (fault !== undefined) throw wrongOptions(optionsOf('pool', given), [fault])
  }

  /** Whether each member has a state of its own if the options do not say. */
  get isolates(): boolean {
    return this.definition.form === 'plain' || elsewhereOf(this.definition) !== undefined
  }

  /** The number of members if the options do not say. */
  get defaultSize(): number {
    return elsewhereOf(this.definition)?.size ?? (this.definition.form === 'plain' ? 1 : DEFAULT_SIZE)
  }
}

/** What the user gave, in two parts: the options of the pool, and those of a plain nact function. */
export interface Given {
  readonly definition: Definition
  readonly own: object
}

/** The blueprints of one behaviour, the last one first. Pools keep theirs alive. */
interface Remembered {
  readonly options: unknown
  readonly blueprint: WeakRef<Blueprint>
}

const remembered = new WeakMap<object, readonly Remembered[]>()

/**
 * The blueprint of a pool.
 *
 * @param behaviour what the user gave: a function, or what `definePool` returned
 * @param options all that the user gave with it
 * @param read splits them up, as plain objects; called only if they were not seen before
 * @throws {OptionsError} if an option is unknown or out of range
 */
export function blueprintOf(
  behaviour: unknown,
  name: string | undefined,
  options: object,
  read: (options: object) => Given,
): Blueprint {
  const mayBeKnown = typeof behaviour === 'function' || isDefinition(behaviour)
  const known = mayBeKnown ? (remembered.get(behaviour) ?? []) : []
  const before = blueprintFor(known, options)
  if (before !== undefined) return before
  const plain = readSafely(() => asPlain(options) as object, options)
  const same = plain === options ? undefined : blueprintFor(known, plain)
  if (same !== undefined) return same
  const { definition, own } = read(plain)
  const what = optionsOf('pool', name)
  const checked = parseOptions(poolOptions, own, what, firstGuesses)
  const blueprint = new Blueprint(definition, checked, copyOfGiven(own), what)
  if (mayBeKnown)
    remembered.set(
      behaviour,
      [{ options: copyOfGiven(plain), blueprint: new WeakRef(blueprint) }, ...known].slice(0, REMEMBERED),
    )
  return blueprint
}

function blueprintFor(known: readonly Remembered[], options: object): Blueprint | undefined {
  for (const each of known) {
    const blueprint = isSameAsGiven(each.options, options) ? each.blueprint.deref() : undefined
    if (blueprint !== undefined) return blueprint
  }
  return undefined
}

const behaviours = new WeakMap<Definition, CompiledBehaviour>()

function compiled(definition: Definition): CompiledBehaviour {
  let behaviour = behaviours.get(definition)
  if (behaviour === undefined) {
    behaviour = new CompiledBehaviour(definition, elsewhereOf(definition)?.routes)
    behaviours.set(definition, behaviour)
  }
  return behaviour
}

/** The options that the kernel reads. */
export function settingsOf(options: CheckedPoolOptions, isolates: boolean): Settings {
  const { timeout, callerContext, terminateTimeout, paused, clock, random, onDrop, onCallbackError } = options
  const state = stateOptionsOf(options.state, isolates)
  return {
    timeout,
    callerContext,
    startTimeout: options.restart.startTimeout,
    terminateTimeout,
    paused,
    growsTo: growsTo(options),
    limits: options.limits,
    clock,
    random,
    state,
    commitOptions: commitOptionsOf(state),
    onDrop: onDrop ?? undefined,
    onCallbackError: onCallbackError ?? undefined,
  }
}

function growsTo({ size, concurrency }: CheckedPoolOptions): number {
  if (typeof size !== 'object') return 0
  return typeof concurrency === 'number' ? Math.min(size.max, concurrency) : size.max
}
