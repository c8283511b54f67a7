import { brokerOptions, type BrokerRef, limitShape } from '@genpool/broker'
import { clockOption } from '@genpool/runtime'
import { z } from 'zod'
import { alarmShape } from '../policies/alarm/alarm-options'
import { concurrencyShape } from '../policies/concurrency/concurrency-options'
import { doorShape } from '../policies/door/door-options'
import { sizeOptions } from '../policies/elastic/size-options'
import { pauseShape } from '../policies/pause/pause-options'
import { recycleShape } from '../policies/recycling/recycle-options'
import { stuckShape } from '../policies/stuck-watch/stuck-options'
import { supervisionShape } from '../policies/supervision/supervision-options'
import type { DeadLetter } from '../pool/dead-letters'
import { type StateOptions, stateOptions } from '../work/state-options'

const callback = <F>(): z.ZodCustom<F, F> => z.custom<F>((value) => typeof value === 'function', 'expected a function')

/** Whether this is the address of a broker, and not options of one. */
export function isBrokerRef(value: unknown): value is BrokerRef<never, never> {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'actor'
}

/**
 * Options of `spawnPool`. Times are milliseconds.
 *
 * @example spawnPool(start(), Counter, 'counter', { size: { min: 1, max: 8 }, timeout: 1000, breaker: true })
 */
export const poolOptions = z.strictObject({
  size: z
    .union([z.number().int().positive().max(1_000_000), sizeOptions])
    .optional()
    .describe(
      'How many members there are: a number, or bounds between which it follows the load. Default 8; 1 for a plain nact function.',
    ),
  ...concurrencyShape,
  ...limitShape,
  ...pauseShape,
  ...doorShape,
  state: z
    .union([z.enum(['shared', 'isolated']), stateOptions])
    .optional()
    .describe('One state for all members (the default), or one for each (the default for a plain nact function).'),
  broker: z
    .union([brokerOptions, z.custom<BrokerRef<never, never>>(isBrokerRef, 'expected what spawnBroker returned')])
    .prefault({})
    .describe(
      'How requests wait for members, and members for requests; or a broker that runs, which several pools may share.',
    ),
  timeout: z
    .union([z.number().nonnegative(), z.literal(Infinity)])
    .default(5000)
    .describe('How long a caller waits, in milliseconds, unless the call says otherwise.'),
  ...supervisionShape,
  ...stuckShape,
  ...recycleShape,
  ...alarmShape,
  callerContext: z
    .boolean()
    .default(true)
    .describe(
      'Whether a handler runs in the async context of its caller, and so sees the `AsyncLocalStorage` of the caller. If not, it sees none. Costs 0.2 µs a message where one is used; otherwise nothing on Node 20, up to 0.06 µs on Node 24.',
    ),
  onDrop: callback<(letter: DeadLetter) => void>()
    .nullable()
    .optional()
    .describe('Called with each cast or dispatch that was lost, after the operation that lost it. `null`: nothing is.'),
  onCallbackError: callback<(error: unknown) => void>()
    .nullable()
    .optional()
    .describe(
      'Called with what a user callback threw that nothing waits for (terminate, afterStop, effects). Default, and with `null`: a warning of the process.',
    ),
  clock: clockOption,
  random: callback<() => number>()
    .default(() => Math.random)
    .describe(
      'Where random numbers in [0, 1) come from; tests give their own. If it throws or gives another value, `Math.random` takes its place.',
    ),
})
// An interface with a property of its own: the compiler's errors then show its name instead of its content.
export interface PoolOptions extends z.input<typeof poolOptions> {
  timeout?: number | undefined
}
/** Options to change on a running pool; nested objects may be partial. */
export type PoolChanges = {
  [K in Exclude<keyof PoolOptions, 'clock' | 'random'>]?: K extends 'state'
    ? StateChanges | undefined
    : Partly<PoolOptions[K]>
}
/** What can change of the state: the rest is fixed for the life of a pool. */
interface StateChanges {
  readonly commit?: StateOptions['commit'] | undefined
  readonly retries?: number | undefined
}
type Partly<T> = T extends (...args: never) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partly<T[K]> }
    : T
export type CheckedPoolOptions = z.output<typeof poolOptions>
