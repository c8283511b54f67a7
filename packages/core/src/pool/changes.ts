import type { BrokerOptions } from '@genpool/broker'
import { type Change, changesBetween, isPlainObject, OptionsError, parseOptions } from '@genpool/runtime'
import { applySize, checkSize } from '../elastic/make-elastic'
import { checkConcurrency } from '../protection/concurrency-options'
import type { Pool } from './pool'
import { type CheckedPoolOptions, type PoolChanges, type PoolOptions, poolOptions } from './options'
import { commitOptionsOf, stateOptionsOf } from './pool-state'

/** What a pool that runs cannot do otherwise. */
const FIXED = ['state.type', 'state.store', 'state.key', 'state.validate', 'state.history', 'clock', 'random']

/**
 * Changes options of a pool that runs: all of them or, if one is wrong, none. Requests that wait are kept.
 *
 * @param changes only what is to be different; objects are merged, everything else is replaced
 * @throws {OptionsError} if an option is unknown, out of range, or fixed for the life of a pool; nothing is changed
 */
export function applyChanges(
  pool: Pool,
  given: PoolOptions,
  changes: PoolChanges,
): { given: PoolOptions; changed: readonly Change[] } {
  const merged = merge(spelledOut(pool, given, changes), changes, pool.options) as PoolOptions
  const checked = parseOptions(poolOptions, merged, `changes to pool "${pool.name}"`)
  checkSize(checked)
  checkConcurrency(checked)
  const changed = changesBetween(comparable(pool, pool.options), comparable(pool, checked))
  const fixed = FIXED.filter((name) => changed.some(({ path }) => path === name || path.startsWith(`${name}.`)))
  if (fixed.length > 0) {
    const names = fixed.map((name) => `"${name}"`).join(', ')
    throw new OptionsError(
      `${names} of pool "${pool.name}" cannot be changed while it runs; nothing was changed. Start another pool instead.`,
      fixed.map((name) => ({ path: name.split('.'), message: 'fixed for the life of a pool' })),
    )
  }
  apply(pool, checked, changed)
  return { given: merged, changed }
}

function apply(pool: Pool, checked: CheckedPoolOptions, changed: readonly Change[]): void {
  if (changed.some(({ path }) => path.startsWith('broker'))) pool.port.configure(checked.broker as BrokerOptions)
  pool.options = checked
  pool.chooseScopes()
  pool.commitOptions = commitOptionsOf(stateOptionsOf(checked.state, pool.definition.form === 'plain'))
  pool.protect()
  pool.watchOverload()
  pool.roster.configure(changed.some(({ path }) => path.startsWith('recycle')))
  // Members of a shared state that is not made yet are started when it is.
  if (pool.sharesState && pool.cell === undefined) return
  if (checked.size !== undefined) applySize(pool, checked.size)
}

/** The state's short form written out if some of it is to be changed: the rest stays. */
function spelledOut(pool: Pool, given: PoolOptions, { state }: PoolChanges): PoolOptions {
  if (!isPlainObject(state) || isPlainObject(given.state)) return given
  return { ...given, state: { type: pool.sharesState ? 'shared' : 'isolated' } }
}

/** Options with their short forms written out, so that they can be compared one by one. */
function comparable(pool: Pool, options: CheckedPoolOptions): object {
  const { size = pool.roster.size, state } = options
  return { ...options, size, state: stateOptionsOf(state, pool.definition.form === 'plain') }
}

/** @param current the same options in full, for what was not given */
function merge(old: unknown, changes: unknown, current: unknown): unknown {
  if (!isPlainObject(changes)) return changes
  const before = isPlainObject(old) ? old : typeOf(old ?? current)
  // Another type of queue has other options; those of the old one would be unknown to it.
  if ('type' in changes && changes['type'] !== before['type']) return changes
  const now = isPlainObject(current) ? current : {}
  const result: Record<string, unknown> = { ...before }
  for (const [key, value] of Object.entries(changes)) result[key] = merge(before[key], value, now[key])
  return result
}

/** The type that a change adds to, of options that were given as a name or not at all. */
function typeOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'string') return { type: value }
  return isPlainObject(value) && 'type' in value ? { type: value['type'] } : {}
}
