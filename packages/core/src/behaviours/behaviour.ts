import type { z } from 'zod'
import type { Context, MemberContext } from './context'
import type { Eventually } from './eventually'
import type { Halt, NoReply, Reply } from './step'

/** What a handler of calls may return. */
export type CallStep<V, S> = Reply<V, S> | NoReply<S> | Halt<V, S>
/** What a handler of casts may return. Nothing at all means `noReply()`. */
export type CastStep<S> = NoReply<S> | Halt<never, S> | void

/* eslint-disable @typescript-eslint/no-explicit-any -- each handler narrows its own message */
/** Handles one type of calls. The message is `{ type, ...payload }`. */
export type CallHandler<S, M = any, V = any> = (message: M, state: S, ctx: Context<S>) => Eventually<CallStep<V, S>>
/** Handles one type of casts. */
export type CastHandler<S, M = any> = (message: M, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
/**
 * Handles several calls of one type at once: `messages` is a list. Answers with a list of as many answers, in their order.
 *
 * Its parameters are those of `CallHandler`, so that TypeScript knows the state in either.
 */
export type CallBatchHandler<S, L = any, V = any> = (
  messages: L,
  state: S,
  ctx: Context<S>,
) => Eventually<CallStep<V, S>>
/** Handles several casts of one type at once: `messages` is a list. */
export type CastBatchHandler<S, L = any> = (messages: L, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A handler with a zod schema that checks, and may transform, the message before it is queued. */
export interface Checked<H> {
  readonly schema: z.ZodType
  readonly batch?: undefined
  readonly handle: H
}

/**
 * A handler of several messages at once: of one if no more wait, of up to `batch` when there is a backlog.
 *
 * What it throws fails all of them; what it commits is one commit. `ctx` is that of the first.
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

/** What `init` returns when it is not simply a state. Made by `initThen`, `ignore` and `refuse`. */
export class InitStep<S = unknown> {
  declare protected readonly stateType: S
  constructor(
    readonly kind: 'continue' | 'ignore' | 'refuse',
    readonly value: unknown,
    readonly reason: unknown,
  ) {}
}

/** Starts with `state`, and calls `handleContinue(argument)` before the first message. */
export function initThen<S>(state: S, then: { readonly continue: unknown }): InitStep<S> {
  return new InitStep('continue', state, then.continue)
}

/** Starts no member in this place, without that being a failure. With shared state: the pool stops. */
export function ignore(): InitStep<never> {
  return new InitStep('ignore', undefined, undefined)
}

/** Refuses to start: the pool stops, and `ready(pool)` and all waiting callers are told why. */
export function refuse(reason: unknown): InitStep<never> {
  return new InitStep('refuse', undefined, reason)
}

/** The callbacks that every behaviour may have, whatever its messages are. */
export interface Lifecycle<S> {
  /**
   * Makes the state: of each member if the state is isolated, once for the pool if it is shared. May be async.
   * No work is offered to members before it is done. Throwing is a failed start, which is tried again with backoff.
   */
  readonly init?: (ctx: MemberContext) => Eventually<S | InitStep<S>>
  /** Handles what reaches a member as a plain message: sent to its own address, broadcasts, `{ type: 'timeout' }`. */
  readonly handleInfo?: (message: unknown, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
  /** Runs right after the step that asked for it, before any other message. */
  readonly handleContinue?: (argument: unknown, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
  /** Called once when a member ends, for whatever reason, with its last state. Releases what `init` opened. */
  readonly terminate?: (reason: unknown, state: S, ctx: MemberContext) => Eventually<void>
}
