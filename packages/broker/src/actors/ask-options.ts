import { CancelledError, type Nanos, OptionsError, parseOptions, showValue } from '@genpool/runtime'
import { type Ref } from 'nact'
import { z } from 'zod'
import { millisecondsOrInfinity, toNanos } from '../queues/leaf-options'
import { type Party } from './party'

/** What a party may say about one request. Times are milliseconds. */
export const askOptions = z.strictObject({
  timeout: millisecondsOrInfinity.default(Infinity).describe('How long it waits at most, in milliseconds.'),
  signal: z.instanceof(AbortSignal).optional().describe('Gives the request up when it fires.'),
  tag: z.unknown().optional().describe('What `cancel` finds it by.'),
  priority: z.number().default(0).describe('Greater is more urgent.'),
  key: z.unknown().optional().describe('Requests of one key are served one at a time and in order.'),
  as: z
    .custom<Ref<never>>(
      (value) => typeof value === 'object' && value !== null && 'path' in value,
      'expected a reference',
    )
    .optional()
    .describe('The actor on whose behalf it is: once that has stopped, it is not matched.'),
})
export type AskOptions = z.input<typeof askOptions>
export type CheckedAskOptions = z.output<typeof askOptions>

const DEFAULTS = askOptions.parse({})

/** @throws {OptionsError} naming what is wrong */
export function checkAskOptions(options: AskOptions | undefined): CheckedAskOptions {
  return options === undefined ? DEFAULTS : parseOptions(askOptions, options, 'options of a request')
}

/** Writes what the options say into a party that does not wait yet. */
export function applyOptions(party: Party<never>, options: CheckedAskOptions, now: Nanos): void {
  if (options.timeout !== Infinity) party.deadline = now + toNanos(options.timeout)
  party.tag = options.tag
  party.priority = options.priority
  party.key = options.key
}

/** Has a party given up when its signal fires. False if that has happened already: then it has been told. */
export function watchSignal(
  party: Party<never>,
  signal: AbortSignal | undefined,
  { name, withdraw }: { name: string; withdraw: () => void },
): boolean {
  if (signal === undefined) return true
  const cancel = (): void => {
    withdraw()
    party.fail(new CancelledError(name, false, signal.reason))
  }
  if (signal.aborted) {
    cancel()
    return false
  }
  signal.addEventListener('abort', cancel, { once: true })
  party.release = () => signal.removeEventListener('abort', cancel)
  return true
}

/** A timeout of nact's `query`. @throws {OptionsError} if it is none */
export function checkQueryTimeout(timeout: unknown): number {
  if (typeof timeout === 'number' && timeout >= 0) return timeout
  const message = `expected milliseconds >= 0, got ${showValue(timeout)}`
  throw new OptionsError(`The timeout of a query is wrong: ${message}.`, [{ path: ['timeout'], message }])
}
