import { z } from 'zod'
import { type Clock, systemClock } from '../clock'
import { readSafely } from './read-safely'

const METHODS = ['now', 'setTimer', 'defer'] as const

/** The option `clock` of everything that waits. */
export const clockOption = z
  .custom<Clock>(isClock, 'expected a clock')
  // A function: zod copies a default that is a plain object, and whoever compares clocks would find two.
  .default(() => systemClock)
  .describe('Where time comes from; tests give a virtual one.')

function isClock(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return readSafely(() => METHODS.every((name) => typeof (value as Partial<Clock>)[name] === 'function'), false)
}
