import { OptionsError } from '@genpool/runtime'
import { z } from 'zod'
import { valveInFull } from '../elastic/size-options'
import type { CheckedPoolOptions } from '../pool/options'
import { gradientOptions, type GradientRules } from './rules/gradient-options'

/** How many members may work at once. */
export const concurrencyOptions = z
  .union([z.number().int().nonnegative(), z.literal(Infinity), z.literal('gradient'), gradientOptions])
  .default(Infinity)
  .describe(
    'How many members may work at once, however many there are: all of them, a number (0: none, requests wait), or a limit ' +
      'that learns from how long they take.',
  )

/** What the options of a pool say: a fixed limit, or rules by which it learns; null for no limit. */
export function limitOf({ concurrency, size }: CheckedPoolOptions): number | GradientRules | null {
  const valve = typeof size === 'object' ? valveInFull(size.valve) : null
  if (valve?.type === 'gradient' && typeof size === 'object') {
    return { ...valve, min: Math.max(1, size.min), max: size.max }
  }
  if (concurrency === Infinity) return null
  return concurrency === 'gradient' ? gradientOptions.parse({ type: 'gradient' }) : concurrency
}

/** @throws {OptionsError} if two options say how many may work at once */
export function checkConcurrency({ concurrency, size }: CheckedPoolOptions): void {
  if (concurrency === Infinity || typeof size !== 'object' || valveInFull(size.valve).type !== 'gradient') return
  const message = 'the gradient valve of "size" says already how many may work at once; give one of both'
  throw new OptionsError(`"concurrency" is wrong: ${message}.`, [{ path: ['concurrency'], message }])
}
