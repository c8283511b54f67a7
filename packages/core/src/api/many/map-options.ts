import type { Key } from '@genpool/broker'
import { z } from 'zod'
import { retryOptions } from '../../requests/retry-options'
import { isSignal } from '../../requests/on-abort'

const callback = <F>(): z.ZodCustom<F, F> => z.custom<F>((value) => typeof value === 'function', 'expected a function')

/**
 * Options of `map` and `mapStream`. Times are milliseconds.
 *
 * @example map(pool, messages, { inFlight: 20, ordered: false, onError: 'collect' })
 */
export const mapOptions = z.strictObject({
  inFlight: z
    .number({ error: 'expected a whole number above 0' })
    .int()
    .positive()
    .optional()
    .describe(
      'The most items that are in hand: taken from the source, and their result not handed over yet. Default: as many as members ' +
        'may work at once.',
    ),
  ordered: z
    .boolean()
    .default(true)
    .describe('Whether results come in the order of their items, or as they are ready.'),
  onError: z
    .union([z.enum(['stop', 'collect']), callback<(error: unknown, message: unknown) => unknown>()])
    .default('stop')
    .describe(
      'What follows a failed call: `stop` ends everything with its error; `collect` goes on, and ends with an AggregateError; a ' +
        'function is told, and the item has no result.',
    ),
  signal: z
    .custom<AbortSignal>(isSignal, 'expected an AbortSignal')
    .optional()
    .describe('Ends everything with a CancelledError.'),
  timeout: z
    .union([z.number().nonnegative(), z.literal(Infinity)])
    .optional()
    .describe("How long each call may take, in milliseconds. Default: the pool's."),
  retry: retryOptions.optional().describe('How each call is retried.'),
  priority: z.number().optional().describe('The priority of each call.'),
  key: callback<(message: never) => Key>().optional().describe('Returns the key of a message.'),
})
export type CheckedMapOptions = z.output<typeof mapOptions>

/** Options of `map` for messages of the type `M`. */
export interface MapOptions<M = unknown> extends Omit<z.input<typeof mapOptions>, 'key' | 'onError'> {
  /**
   * What follows a failed call: `'stop'` (the default) ends everything with its error; `'collect'` goes on, and ends with an
   * AggregateError of all; a function is told, and the item has no result. What the function throws ends everything.
   */
  readonly onError?: 'stop' | 'collect' | ((error: unknown, message: M) => unknown)
  /** Returns the key of a message. Messages of one key are handled one at a time and in order. */
  readonly key?: (message: M) => Key
}
