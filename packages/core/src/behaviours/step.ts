import { hasNoOptions, readSafely, wrongArgument } from '@genpool/runtime'
import type { Recipe } from '@genpool/state-ane'
import { markMade } from './other-copy'

/** The next state, or an immer recipe that makes it from the latest one. Left out: the state stays. */
export type Next<S> = S | Recipe<S>

/** What the member does after this message, and how its next state is committed. */
export interface Then {
  /** Calls `handleContinue` with this argument before anything else. */
  readonly continue?: unknown
  /** Calls `handleInfo` with `{ type: 'timeout' }` if the member stays idle for this many milliseconds. */
  readonly timeout?: number
  /** How this step's next state is committed, instead of the pool's own `commit`. */
  readonly commit?: 'retry' | 'exclusive' | 'overwrite'
}

/** `Then`, and whether the member ends. */
export interface Following extends Then {
  readonly halt?: unknown
}

/** The decision of a handler. Made by `reply`, `noReply` and `halt`; all have one shape, since each message makes one. */
export class Step {
  constructor(
    /** `state` is the result of a plain nact function: any value is the next state. */
    readonly kind: 'reply' | 'noReply' | 'state',
    /** The answer, or a function that returns it for the committed state. */
    readonly value: unknown,
    readonly next: unknown,
    /** What follows. Not called `then`: with a function there, a promise would take the step for a promise, and wait for ever. */
    readonly following: Following | undefined,
  ) {}

  get mode(): Then['commit'] {
    return this.following?.commit
  }
}
markMade(Step, true)

declare const step: unique symbol

/** A step that answers with `V`. */
export interface Reply<V, S = unknown> {
  readonly [step]: { readonly value: V; readonly state: S }
}
/** A step that does not answer now. The call can be answered later with `ctx.from`. */
export interface NoReply<S = unknown> {
  readonly [step]: { readonly silent: true; readonly state: S }
}
/** A step after which the member ends and a new one takes its place. */
export interface Halt<V = never, S = unknown> {
  readonly [step]: { readonly value: V; readonly halt: true; readonly state: S }
}

/**
 * The next state, and no function. The compiler first looks for an overload that fits narrowly: without an optional property, what a recipe
 * returns does not, and the function itself would be taken for the state.
 */
type NextState<S> = S &
  (S extends (...args: never) => unknown ? 'a recipe returns the next state, or nothing' : unknown)

/**
 * What `reply` returns for a promise: no step, so that the handler does not compile. A value of the type `any` may be anything. If no overload
 * fits, the compiler goes on with the first one, and takes the answer for a `PromiseLike<unknown>`: what is wrong has been said then.
 */
type NoAnswer<P, S> = 0 extends 1 & P
  ? Reply<P, S>
  : [PromiseLike<unknown>] extends [P]
    ? Reply<never, S>
    : [P] extends [never]
      ? Reply<P, S>
      : 'the answer is a promise: await it before reply'

const NOTHING = new Step('noReply', undefined, undefined, undefined)

// `S` comes from the place of the call: what `definePool` makes the result of a handler follow. Elsewhere, as in a handler on its own
// whose state has no type, it is `any`.
//
// The recipe comes first, and is `NoInfer` as a whole: the compiler looks at the result of a function without parameters only once, for
// the first overload, and takes `'b'` for a string if that wants no function; and a draft of `NoInfer<A | B>` cannot be narrowed.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/unified-signatures -- one overload for each way to write it */

/**
 * Answers a call, and commits the next state first.
 *
 * - The first argument is the answer, or a function that returns it for the committed state. After an await, a recipe may
 *   commit on a later state than the handler has read. Only the function sees that state.
 * - The second is the next state, or an immer recipe. Without it, the state stays.
 *
 * @param then what this member does next
 * @example reply(state.count + 1, (draft) => { draft.count += 1 })
 */
export function reply<P extends PromiseLike<unknown>, S = any>(
  promise: P | ((state: S) => P),
  recipe?: NoInfer<Recipe<S>>,
  then?: Then,
): NoAnswer<P, S>
export function reply<P extends PromiseLike<unknown>, S = any>(promise: P, next: S, then?: Then): NoAnswer<P, S>
export function reply<V, S = any>(value: V | ((state: S) => V), recipe: NoInfer<Recipe<S>>, then?: Then): Reply<V, S>
export function reply<V, S = any>(value: V | ((state: S) => V), unchanged?: undefined, then?: Then): Reply<V, S>
export function reply<V, S = any>(value: V | ((state: S) => V), next: NextState<S>, then?: Then): Reply<V, S>
export function reply(value: unknown, next?: unknown, then?: Then): never {
  return new Step('reply', value, next, then) as never
}

/**
 * Does not answer now, and commits the first argument: the next state, or an immer recipe. Without it, the state stays.
 *
 * @param then what this member does next
 * @example noReply((draft) => { draft.count += 1 })
 */
export function noReply<S = any>(recipe: NoInfer<Recipe<S>>, then?: Then): NoReply<S>
export function noReply<S = any>(unchanged?: undefined, then?: Then): NoReply<S>
export function noReply<S = any>(next: NextState<S>, then?: Then): NoReply<S>
export function noReply(next?: unknown, then?: Then): NoReply {
  const nothing = next === undefined && then === undefined
  return (nothing ? NOTHING : new Step('noReply', undefined, next, then)) as unknown as NoReply
}

/**
 * Ends this member; a new one replaces it. `terminate` is called with the reason.
 *
 * With the reason `'normal'` or `'shutdown'` it does not count against the restart intensity.
 *
 * @param last the answer to the current message, and a last commit
 * @example halt('normal', { reply: 'the last one' })
 */
export function halt<P extends PromiseLike<unknown>, S = any>(
  reason: unknown,
  last: { readonly reply: P | ((state: S) => P); readonly next?: NoInfer<Next<S>> },
): 0 extends 1 & P ? Halt<P, S> : NoAnswer<P, S>
export function halt<V = never, S = any>(
  reason: unknown,
  last?: { readonly reply?: V | ((state: S) => V); readonly next?: NoInfer<Next<S>> },
): Halt<V, S>
export function halt(reason: unknown, last: { readonly reply?: unknown; readonly next?: unknown } = {}): never {
  const step = readSafely(() => lastStep(reason, last), undefined)
  if (step !== undefined) return step as never
  throw wrongArgument({ of: 'halt', argument: 'last', expected: 'an object { reply, next }' }, last)
}

/** Undefined if `last` has something else, which would be lost without a word. */
function lastStep(reason: unknown, last: { readonly reply?: unknown; readonly next?: unknown }): Step | undefined {
  if (hasNoOptions(last) || Object.keys(last).some((key) => key !== 'reply' && key !== 'next')) return undefined
  return new Step('reply' in last ? 'reply' : 'noReply', last.reply, last.next, { halt: reason })
}
