import { checkEngineOptions, type EngineOptions } from '@genpool/broker'
import { OptionsError } from '@genpool/runtime'
import { valveInFull } from '../policies/elastic/size-options'
import { gradientOptions, type GradientRules } from '../policies/gradient/gradient-options'
import { type CheckedPoolOptions, isBrokerRef } from './options'

/** Checks what no schema can: options that exclude each other. @throws {OptionsError} */
export function checkTogether(options: CheckedPoolOptions): void {
  const { size, broker, concurrency, rate, limits } = options
  if (isBrokerRef(broker)) {
    const option = rate !== false ? 'rate' : limits !== false ? 'limits' : null
    if (option !== null) {
      const where = `spawnBroker(parent, { ${option} }) or changeConfig(broker, { ${option} })`
      wrong(
        option,
        `this pool shares its broker, and there it holds over all pools together. Give it to the broker: ${where}`,
      )
    }
  } else if (limits !== false) checkEngineOptions(engineOptionsOf(options))
  if (typeof size !== 'object') return
  if (isBrokerRef(broker)) {
    wrong('size', 'an elastic size needs its own broker; with a shared broker, set a number')
  }
  if (concurrency !== Infinity && valveInFull(size.valve).type === 'gradient') {
    wrong('concurrency', 'the gradient valve of "size" already limits how many work at once; set only one of them')
  }
}

function wrong(option: string, message: string): never {
  throw new OptionsError(`"${option}" is wrong: ${message}.`, [{ path: [option], message }])
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
