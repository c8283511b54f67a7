import { brokerOptions, type BrokerRef } from '@genpool/broker'
import { type Clock, systemClock } from '@genpool/runtime'
import type { Store } from '@genpool/state-ane'
import { z } from 'zod'
import { sizeOptions } from '../elastic/size-options'
import { concurrencyOptions } from '../protection/concurrency-options'
import { breakerOptions } from '../protection/rules/breaker'
import { throttleOptions } from '../protection/rules/throttle'
import { alarmOptions } from '../telemetry/alarm-options'
import type { DeadLetter } from './dead-letters'

const milliseconds = z.number().nonnegative()
/** zod's numbers are finite; these may also be endless. */
const orInfinity = (schema: z.ZodNumber): z.ZodUnion<[z.ZodNumber, z.ZodLiteral<number>]> =>
  z.union([schema, z.literal(Infinity)])

const callback = <F>(): z.ZodCustom<F, F> => z.custom<F>((value) => typeof value === 'function', 'expected a function')

/** How the members' state is kept and committed. */
const stateOptions = z.strictObject({
  type: z.enum(['shared', 'isolated']).default('shared').describe('One state for all members, or one for each.'),
  commit: z
    .enum(['update', 'retry', 'exclusive', 'overwrite'])
    .default('retry')
    .describe(
      'How a returned next state is committed: refused (`update` takes recipes only), run again when it is stale, ' +
        'computed while holding the state, or written over whatever is there.',
    ),
  retries: z
    .number()
    .int()
    .nonnegative()
    .default(3)
    .describe('How often a handler runs again before it holds the state.'),
  store: z
    .custom<Store>((value) => typeof value === 'object' && value !== null && 'cell' in value, 'expected a store')
    .optional()
    .describe('Keeps the state in a store of your own.'),
  key: z.union([z.string(), z.number()]).optional().describe("The cell's key in the store; default: the pool's name."),
  history: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('How many past versions are kept for those who catch up.'),
  validate: z
    .custom<(state: unknown) => boolean | string>((value) => typeof value === 'function' || value instanceof z.ZodType)
    .optional()
    .describe('A zod schema or a predicate that every state must satisfy; a commit that does not is refused.'),
})

const restartOptions = z.strictObject({
  intensity: orInfinity(z.number().int().nonnegative())
    .default(Infinity)
    .describe('How many members may crash within `within` before the pool gives up.'),
  within: milliseconds.default(5000).describe('The window of `intensity`, in milliseconds.'),
  attempts: orInfinity(z.number().int().positive())
    .default(5)
    .describe('How many starts may fail in a row before the pool gives up.'),
  backoff: z
    .strictObject({
      min: milliseconds
        .default(100)
        .describe('The first wait after a failed start, in milliseconds; doubled each time.'),
      max: milliseconds.default(10_000).describe('The longest wait, in milliseconds.'),
      jitter: z.number().min(0).max(1).default(0.2).describe('The share of the wait that is left to chance.'),
    })
    .prefault({})
    .describe('The wait between failed starts.'),
})

const recycleOptions = z.strictObject({
  afterMessages: orInfinity(z.number().int().positive())
    .default(Infinity)
    .describe('Replaces a member after so many messages.'),
  afterMs: orInfinity(z.number().positive())
    .default(Infinity)
    .describe('Replaces a member of this age, in milliseconds.'),
  jitter: z.number().min(0).max(1).default(0.1).describe('The share of both that is left to chance.'),
})

/** Whether this is the address of a broker, and not options of one. */
export function isBrokerRef(value: unknown): value is BrokerRef<never, never> {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'actor'
}

/** Options of `spawnPool`. Times are milliseconds. */
export const poolOptions = z.strictObject({
  size: z
    .union([z.number().int().positive().max(1_000_000), sizeOptions])
    .optional()
    .describe(
      'How many members there are: a number, or bounds between which it follows the load. Default 8; 1 for a plain nact function.',
    ),
  concurrency: concurrencyOptions,
  breaker: z
    .union([z.boolean(), breakerOptions])
    .default(false)
    .describe(
      'Refuses requests at once while handlers or starts keep failing: a circuit breaker. `true`: with all defaults.',
    ),
  throttle: z
    .union([z.boolean(), throttleOptions])
    .default(false)
    .describe('Refuses a share of the requests at once while many are refused anyhow. `true`: with all defaults.'),
  state: z
    .union([z.enum(['shared', 'isolated']), stateOptions])
    .optional()
    .describe('One state for all members (the default), or one for each (the default for a plain nact function).'),
  broker: z
    .union([
      brokerOptions,
      z.custom<BrokerRef<never, never>>(isBrokerRef, 'expected options, or what spawnBroker returned'),
    ])
    .prefault({})
    .describe(
      'How requests wait for members, and members for requests; or a broker that runs, which several pools may share.',
    ),
  timeout: orInfinity(milliseconds)
    .default(5000)
    .describe('How long a caller waits, in milliseconds, unless it says so itself.'),
  restart: restartOptions.prefault({}).describe('When to stop replacing members.'),
  retryOnCrash: z
    .record(z.string(), z.number().int().positive())
    .default({})
    .describe('How often a message of each type is run again after its member crashed. Only for what may be repeated.'),
  poisonAfter: orInfinity(z.number().int().positive())
    .default(3)
    .describe('A message that has crashed so many members goes to the dead letters, whatever `retryOnCrash` says.'),
  stuckAfter: orInfinity(z.number().positive())
    .default(Infinity)
    .describe('A member that has worked on one message for so long, in milliseconds, is given up and replaced.'),
  recycle: recycleOptions.prefault({}).describe('When to replace members that work.'),
  alarm: z
    .union([z.boolean(), alarmOptions])
    .default(false)
    .describe('Whether to publish an alarm while there is too much to do. `true`: with all defaults.'),
  callerContext: z
    .boolean()
    .default(false)
    .describe(
      'Whether a handler runs in the asynchronous context of its caller, so that it sees the `AsyncLocalStorage` of that.',
    ),
  onDrop: callback<(letter: DeadLetter) => void>()
    .optional()
    .describe('Told of each cast or dispatch that was not served.'),
  onCallbackError: callback<(error: unknown) => void>()
    .optional()
    .describe(
      'Told when a callback fails that nobody waits for (terminate, afterStop, effects). Default: a warning of the process.',
    ),
  clock: z
    .custom<Clock>((value) => typeof value === 'object' && value !== null && 'setTimer' in value, 'expected a clock')
    .default(systemClock)
    .describe('Where time comes from; tests give a virtual one.'),
  random: callback<() => number>()
    .default(() => Math.random)
    .describe('Where chance comes from, numbers in [0, 1); tests give their own.'),
})
export type PoolOptions = z.input<typeof poolOptions>
/** What is to be different in a pool that runs: of what has parts, only some. */
export type PoolChanges = {
  [K in keyof PoolOptions]?: K extends 'clock' | 'state' ? PoolOptions[K] : Partly<PoolOptions[K]>
}
type Partly<T> = T extends (...args: never) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partly<T[K]> }
    : T
export type CheckedPoolOptions = z.output<typeof poolOptions>
export type StateOptions = z.output<typeof stateOptions>
