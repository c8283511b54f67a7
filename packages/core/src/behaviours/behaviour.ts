import { readSafely, wrongArgument } from '@genpool/runtime'
import type { z } from 'zod'
import type { Context, MemberContext } from './context'
import type { Eventually } from './eventually'
import { markMade } from './other-copy'
import type { Halt, NoReply, Reply } from './step'

/** The possible results of a call handler. */
export type CallStep<V, S> = Reply<V, S> | NoReply<S> | Halt<V, S>
/** The possible results of a cast handler. Nothing (undefined) means `noReply()`. */
export type CastStep<S> = NoReply<S> | Halt<never, S> | void

/* eslint-disable @typescript-eslint/no-explicit-any -- each handler narrows its own message */
/** Handles the calls of one type. The message is `{ type, ...payload }`. */
export type CallHandler<S, M = any, V = any> = (message: M, state: S, ctx: Context<S>) => Eventually<CallStep<V, S>>
/** Handles the casts of one type. */
export type CastHandler<S, M = any> = (message: M, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
/**
 * Handles several calls of one type at once. `messages` is a list; the reply is a list with one answer per message, in order.
 *
 * It has the same parameters as `CallHandler`, so that TypeScript infers the state in both.
 */
export type CallBatchHandler<S, L = any, V = readonly any[]> = (
  messages: L,
  state: S,
  ctx: Context<S>,
) => Eventually<CallStep<V, S>>
/** Handles several casts of one type at once. `messages` is a list. */
export type CastBatchHandler<S, L = any> = (messages: L, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A handler with a zod schema that checks, and may transform, the message before it is queued. */
export interface Checked<H> {
  readonly schema: z.ZodType
  readonly batch?: undefined
  readonly handle: H
}

/**
 * A handler of several messages at once: one if no others wait, up to `batch` in a backlog.
 *
 * An error fails all of them; their changes are one commit. `ctx` belongs to the first message.
 */
export interface Batched<H> {
  readonly batch: number
  readonly schema?: z.ZodType
  readonly handle: H
}

export type CallMap<S> = Readonly<
  Record<string, CallHandler<S> | Checked<CallHandler<S>> | Batched<CallBatchHandler<S>>>
>
export type CastMap<S> = Readonly<
  Record<string, CastHandler<S> | Checked<CastHandler<S>> | Batched<CastBatchHandler<S>>>
>

/** A result of `init` other than a state. Made by `initThen`, `ignore` and `refuse`. */
export class InitStep<S = unknown> {
  declare protected readonly stateType: S
  constructor(
    readonly kind: 'continue' | 'ignore' | 'refuse',
    readonly value: unknown,
    readonly reason: unknown,
  ) {}
}
markMade(InitStep)

/**
 * Starts with `state`, and calls `handleContinue(argument)` before the first message.
 *
 * @example definePool({ init: () => initThen({ rows: [] }, { continue: 'load' }), handleContinue: () => noReply({ rows: [1, 2] }) })
 */
export function initThen<S>(state: S, then: { readonly continue: unknown }): InitStep<S> {
  const given: unknown = then
  const isThen = readSafely(() => typeof given === 'object' && given !== null && 'continue' in given, false)
  if (!isThen) throw wrongArgument({ of: 'initThen', argument: 'then', expected: 'an object { continue }' }, given)
  return new InitStep('continue', state, then.continue)
}

/**
 * Leaves this slot empty; it does not count as a failed start. With shared state, the pool stops.
 *
 * @example definePool({ init: () => (needed ? { count: 0 } : ignore()) })
 */
export function ignore(): InitStep<never> {
  return new InitStep('ignore', undefined, undefined)
}

/**
 * Refuses to start: the pool stops, and `ready(pool)` and all waiting callers get the reason.
 *
 * @example
 * definePool({
 *   init: () => (process.env['KEY'] === undefined ? refuse('KEY is not set') : { key: process.env['KEY'] }),
 * })
 */
export function refuse(reason: unknown): InitStep<never> {
  return new InitStep('refuse', undefined, reason)
}

/** The callbacks that every behaviour may have. */
export interface Lifecycle<S> {
  /**
   * Makes the state: once per member if the state is isolated, once per pool if it is shared. May be async. Members get no
   * work before it has finished. An error is a failed start, which is retried with backoff.
   */
  readonly init?: (ctx: MemberContext) => Eventually<S | InitStep<S>>
  /** Handles plain messages to one member: those to its own address, broadcasts, and `{ type: 'timeout' }`. */
  readonly handleInfo?: (message: unknown, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
  /** Runs right after the step that asked for it, before any other message. */
  readonly handleContinue?: (argument: unknown, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
  /** Called once when a member ends, for any reason, with its last state. Releases what `init` opened. */
  readonly terminate?: (reason: unknown, state: S, ctx: MemberContext) => Eventually<void>
}
