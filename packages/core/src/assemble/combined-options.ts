import type { EngineOptions } from '@genpool/broker'
import type { Fault } from '@genpool/runtime'
import { valveInFull } from '../policies/elastic/size-options'
import { gradientOptions, type GradientRules } from '../policies/gradient/gradient-options'
import { stateOptionsOf } from '../work/state-options'
import { type CheckedPoolOptions, isBrokerRef } from './options'

/** What no schema finds: options that exclude each other. @param isolates whether members have states of their own by default */
export function faultsTogether(options: CheckedPoolOptions, isolates: boolean): readonly Fault[] {
  return [...faultsOfBroker(options), ...faultsOfSize(options), ...faultsOfState(options, isolates)]
}

function faultsOfBroker({ broker, rate, limits }: CheckedPoolOptions): readonly Fault[] {
  const option = rate !== false ? 'rate' : limits !== false ? 'limits' : null
  if (option === null || !isBrokerRef(broker)) return []
  const where = `spawnBroker(parent, { ${option} }) or changeConfig(broker, { ${option} })`
  const message = `this pool shares its broker, and there it holds over all pools together. Give it to the broker: ${where}`
  return [{ path: [option], message }]
}

function faultsOfSize({ size, broker, concurrency }: CheckedPoolOptions): readonly Fault[] {
  if (typeof size !== 'object') return []
  if (isBrokerRef(broker)) {
    const message = 'an elastic size needs its own broker; with a shared broker, set a number'
    return [{ path: ['size'], message }]
  }
  if (concurrency === Infinity || valveInFull(size.valve).type !== 'gradient') return []
  const message = 'the gradient valve of "size" already limits how many work at once; set only one of them'
  return [{ path: ['concurrency'], message }]
}

function faultsOfState({ state }: CheckedPoolOptions, isolates: boolean): readonly Fault[] {
  const { type, store, key } = stateOptionsOf(state, isolates)
  const option = type === 'shared' ? null : store !== undefined ? 'store' : key !== undefined ? 'key' : null
  if (option === null) return []
  const message = `each member has a state of its own, which no store keeps. Set "state.type" to "shared", or leave "${option}" out`
  return [{ path: ['state', option], message }]
}

/** The options of the pool's own broker, with the limits that stand beside them. */
export function engineOptionsOf({ broker, rate, limits }: CheckedPoolOptions): EngineOptions {
  return { ...(broker as EngineOptions), rate, limits }
}

/** How many members may work at once: a fixed limit, or rules by which it learns; null for no limit. */
export function concurrencyOf({ concurrency, size }: CheckedPoolOptions): number | GradientRules | null {
  const valve = typeof size === 'object' ? valveInFull(size.valve) : null
  if (valve?.type === 'gradient' && typeof size === 'object') {
    return { ...valve, min: Math.max(1, size.min), max: size.max }
  }
  if (concurrency === Infinity) return null
  return concurrency === 'gradient' ? gradientOptions.parse({ type: 'gradient' }) : concurrency
}
