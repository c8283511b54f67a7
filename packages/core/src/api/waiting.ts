import { parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import type { PoolRef } from '../behaviours/protocol'
import { isSignal } from '../requests/on-abort'
import { elsewhereOf } from './elsewhere'
import { poolOf } from './pool-of'

const waitOptions = z.strictObject({
  signal: z
    .custom<AbortSignal>(isSignal, 'expected an AbortSignal')
    .optional()
    .describe('Ends the wait: the promise rejects with a CancelledError.'),
})

const bound = (what: string): z.ZodOptional<z.ZodNumber> =>
  z.number({ error: 'expected a number above 0' }).positive().optional().describe(what)
const conditions = z
  .strictObject({
    waitingBelow: bound('Fewer requests than this wait for a member.'),
    runningBelow: bound('Fewer members than this are busy.'),
  })
  .refine(
    ({ waitingBelow, runningBelow }) => waitingBelow !== undefined || runningBelow !== undefined,
    'say what to wait for: "waitingBelow" or "runningBelow"',
  )

/** What `when` waits for: all that is given, at least one of them. */
export type Condition = WaitingBelow | RunningBelow

interface WaitingBelow {
  /** Fewer requests than this wait for a member. */
  readonly waitingBelow: number
  /** Fewer members than this are busy. */
  readonly runningBelow?: number
}

interface RunningBelow {
  /** Fewer requests than this wait for a member. */
  readonly waitingBelow?: number
  /** Fewer members than this are busy. */
  readonly runningBelow: number
}

/**
 * Resolves when a pool has nothing to do: nothing waits, nothing runs, and no answer is owed. At once if that is so already.
 *
 * A handler that awaits it for its own pool waits for itself. For a pool that runs elsewhere: this process has nothing under way, and
 * each of its nodes says that it has nothing in hand, of any caller.
 *
 * @param options `signal`: ends the wait
 * @throws {StoppedError} if the pool stops before; {CancelledError} if the signal aborts
 * @example
 * for (const url of urls) cast(crawler, { type: 'visit', url })
 * await idle(crawler)
 */
export async function idle(pool: PoolRef, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
  const { signal } = parseOptions(waitOptions, options, 'options of idle')
  const elsewhere = elsewhereOf(pool)
  if (elsewhere !== undefined) return elsewhere.idle(signal)
  const { conditions, kernel } = poolOf(pool, 'idle')
  await conditions.wait(() => kernel.workload.isDone, signal)
}

/**
 * Resolves when a pool is as `condition` says: for producers that must not fill the memory. At once if it is so already.
 *
 * It is looked at after each turn in which the pool had work. All who wait are told together, so with many producers more
 * requests may wait than each of them wants; `map` has no such gap.
 *
 * For a pool that runs elsewhere, the figures are what its nodes have said last, and what this process has sent since.
 *
 * @param condition `waitingBelow`: fewer requests than this wait; `runningBelow`: fewer members than this are busy
 * @param options `signal`: ends the wait
 * @throws {StoppedError} if the pool stops before; {CancelledError} if the signal aborts; {OptionsError}
 * @example
 * for await (const line of lines) {
 *   await when(pool, { waitingBelow: 100 })
 *   cast(pool, { type: 'index', line })
 * }
 */
export async function when(
  pool: PoolRef,
  condition: Condition,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { waitingBelow = Infinity, runningBelow = Infinity } = parseOptions(conditions, condition, 'conditions of when')
  const { signal } = parseOptions(waitOptions, options, 'options of when')
  const elsewhere = elsewhereOf(pool)
  if (elsewhere !== undefined) return elsewhere.when({ waitingBelow, runningBelow }, signal)
  const { kernel, conditions: own } = poolOf(pool, 'when')
  await own.wait(() => kernel.port.length < waitingBelow && busyIn(kernel.roster.members) < runningBelow, signal)
}

/** How many members have a message in hand. */
function busyIn(members: readonly { readonly status: string }[]): number {
  return members.reduce((sum, { status }) => sum + (status === 'busy' ? 1 : 0), 0)
}
