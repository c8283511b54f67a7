import {
  type Change,
  changesBetween,
  isPlainObject,
  namedIn,
  OptionsError,
  parseOptions,
  readSafely,
} from '@genpool/runtime'
import { stateOptionsOf } from '../work/state-options'
import { firstGuesses } from './first-guesses'
import { asPlain } from './given-options'
import { type CheckedPoolOptions, type PoolChanges, type PoolOptions, poolOptions } from './options'

/** The options that a running pool cannot change. */
const FIXED = ['state.type', 'state.store', 'state.key', 'state.validate', 'state.history', 'clock', 'random']

/** What a change of options needs to know of the pool. */
export interface ChangedPool {
  readonly name: string
  /** Whether each member has a state of its own if the options do not say. */
  readonly isolates: boolean
  readonly sharesState: boolean
  /** The target number of members. */
  readonly size: number
}

/** The options of a pool: checked, and as the user wrote them. */
export interface OptionsInForce {
  readonly options: CheckedPoolOptions
  readonly given: PoolOptions
}

/**
 * The options of a running pool after a change.
 *
 * @param changes only what is different; objects are merged, everything else is replaced, and `undefined` changes nothing
 * @throws {OptionsError} if an option is unknown, out of range, or fixed for the life of a pool
 */
export function checkedChanges(
  { options, given }: OptionsInForce,
  changes: PoolChanges,
  pool: ChangedPool,
): OptionsInForce & { readonly changed: readonly Change[] } {
  // What cannot be read stays as it is, and the schema says what is wrong with it.
  const merged = readSafely(() => {
    const plain = asPlain(changes)
    return merge(spelledOut(pool, given, plain), plain, options)
  }, changes) as PoolOptions
  const checked = parseOptions(poolOptions, merged, changesTo(pool.name), firstGuesses)
  const changed = changesBetween(comparable(pool, options), comparable(pool, checked))
  const fixed = FIXED.filter((name) => changed.some(({ path }) => path === name || path.startsWith(`${name}.`)))
  if (fixed.length === 0) return { options: checked, given: merged, changed }
  const names = fixed.map((name) => `"${name}"`).join(', ')
  throw new OptionsError(
    `${names} of pool "${pool.name}" cannot be changed while it runs; nothing was changed. Start another pool instead.`,
    fixed.map((name) => ({ path: name.split('.'), message: 'fixed for the life of a pool' })),
  )
}

/** What is changed, as errors name it. */
export function changesTo(pool: string): string {
  return `changes to pool "${pool}"`
}

/** The state's short form written out if some of it changes: the rest stays. */
function spelledOut(pool: ChangedPool, given: PoolOptions, changes: unknown): PoolOptions {
  if (!isPlainObject(changes) || !isPlainObject(changes['state']) || isPlainObject(given.state)) return given
  return { ...given, state: { type: pool.sharesState ? 'shared' : 'isolated' } }
}

/** Options with their short forms written out, so that they can be compared one by one. */
function comparable(pool: ChangedPool, options: CheckedPoolOptions): object {
  const { size = pool.size, state } = options
  return { ...options, size, state: stateOptionsOf(state, pool.isolates) }
}

/** @param current the same options in full, for what was not given */
function merge(old: unknown, changes: unknown, current: unknown): unknown {
  if (!isPlainObject(changes)) return changes
  // Options that were given without their type have the type that the schema gave them.
  const before = isPlainObject(old) ? { ...typeOf(current), ...old } : typeOf(old ?? current)
  // Another type of queue has other options; those of the old one would be unknown to it.
  const { type } = changes
  if (type !== undefined && type !== before['type']) return changes
  const now = isPlainObject(current) ? current : {}
  const merged = namedIn(changes, before).map(
    ([key, value]) => [key, merge(own(before, key), value, own(now, key))] as const,
  )
  // Not by assignment: "__proto__" must be a key like any other, which the schema does not know.
  return Object.fromEntries([...Object.entries(before), ...merged])
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** The type that a change adds to, of options that were given as a name or not at all. */
function typeOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'string') return { type: value }
  return isPlainObject(value) && 'type' in value ? { type: value['type'] } : {}
}
