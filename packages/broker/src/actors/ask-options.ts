import { CancelledError, isAddress, keyId, type Nanos, parseOptions, whyNotAKey, wrongOptions } from '@genpool/runtime'
import { type Ref } from 'nact'
import { z } from 'zod'
import { millisecondsOrInfinity, toNanos } from '../queues/leaf-options'
import { type Party } from './party'

/** Options of one request. Times are milliseconds. */
export const askOptions = z.strictObject({
  timeout: millisecondsOrInfinity.default(Infinity).describe('The longest that the request may wait, in milliseconds.'),
  signal: z.instanceof(AbortSignal).optional().describe('Cancels the request when it aborts.'),
  tag: z.unknown().optional().describe('The tag by which `cancel` finds the request.'),
  priority: z.number().default(0).describe('The priority; a greater one is served first.'),
  key: z
    .unknown()
    .optional()
    .describe(
      'Requests with the same key are served one at a time, in order. Lists and objects are compared by content.',
    ),
  as: z
    .custom<Ref<never>>(isAddress, 'expected the address of an actor')
    .optional()
    .describe('The actor that asks. After it has stopped, the request is not matched.'),
})
export type AskOptions = z.input<typeof askOptions>
export type CheckedAskOptions = z.output<typeof askOptions>

export const DEFAULTS = askOptions.parse({})

/** The key is its id from here on. @throws {OptionsError} that names what is wrong, and the public function `of` */
export function checkAskOptions(options: AskOptions | undefined, of: string): CheckedAskOptions {
  if (options === undefined) return DEFAULTS
  const checked = parseOptions(askOptions, options, `options of ${of}`)
  return checked.key === undefined ? checked : { ...checked, key: idOf(checked.key, of) }
}

function idOf(key: unknown, of: string): unknown {
  try {
    return keyId(key)
  } catch (cause) {
    throw wrongOptions(`options of ${of}`, [{ path: ['key'], message: `it ${whyNotAKey(cause)}` }])
  }
}

/** Copies the options into a party that is not queued yet. */
export function applyOptions(party: Party<never>, options: CheckedAskOptions, now: Nanos): void {
  if (options.timeout !== Infinity) party.deadline = now + toNanos(options.timeout)
  party.tag = options.tag
  party.priority = options.priority
  party.key = options.key
}

/** Cancels a party when its signal aborts. False if the signal has already aborted: the party has then been told. */
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
