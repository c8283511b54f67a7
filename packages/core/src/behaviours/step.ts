import type { Recipe } from '@genpool/state-ane'

/** The next state, or an immer recipe that makes it out of the latest one. Left out: the state stays as it is. */
export type Next<S> = S | Recipe<S>

/** What the member does after this message, and how its next state is committed. */
export interface Then {
  /** Calls `handleContinue` with this argument before anything else. */
  readonly continue?: unknown
  /** Calls `handleInfo` with `{ type: 'timeout' }` if the member gets nothing to do for so many milliseconds. */
  readonly timeout?: number
  /** How this step's next state is committed, instead of the pool's own `commit`. */
  readonly commit?: 'retry' | 'exclusive' | 'overwrite'
}

/** `Then`, or the end of the member. */
export interface Following extends Then {
  readonly halt?: unknown
}

/** What a handler decided. Made by `reply`, `noReply` and `halt`; one shape for all, since one is made per message. */
export class Step {
  constructor(
    /** `state` is what a plain nact function returns: the next state, whatever it is. */
    readonly kind: 'reply' | 'noReply' | 'state',
    /** The answer, or a function of the committed state that gives it. */
    readonly value: unknown,
    readonly next: unknown,
    readonly then: Following | undefined,
  ) {}

  get mode(): Then['commit'] {
    return this.then?.commit
  }
}

declare const step: unique symbol

/** A step that answers with `V`. */
export interface Reply<V, S = unknown> {
  readonly [step]: { readonly value: V; readonly state: S }
}
/** A step that does not answer now. A call may be answered later through `ctx.from`. */
export interface NoReply<S = unknown> {
  readonly [step]: { readonly silent: true; readonly state: S }
}
/** A step after which the member ends and a new one takes its place. */
export interface Halt<V = never, S = unknown> {
  readonly [step]: { readonly value: V; readonly halt: true; readonly state: S }
}

const NOTHING = new Step('noReply', undefined, undefined, undefined)

// Where a handler annotates all of its parameters, TypeScript looks at its body before it knows the state: `any` then
// lets a recipe compile. Leave the state parameter without a type, and recipes are checked.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/unified-signatures -- one overload for each way to write it */

/**
 * Answers a call, and commits `next` first.
 *
 * @param value the answer, or a function of the committed state that gives it: after an await, a recipe commits on a
 *   later state than the handler has read, and only the function sees that one
 * @param next the next state, or an immer recipe; left out: unchanged
 * @param then what comes next for this member
 * @example reply(state.count + 1, (draft) => { draft.count += 1 })
 */
export function reply<V, S = any>(value: V | ((state: S) => V), unchanged?: undefined, then?: Then): Reply<V, S>
export function reply<V, S = any>(value: V | ((state: S) => V), recipe: Recipe<NoInfer<S>>, then?: Then): Reply<V, S>
export function reply<V, S = any>(value: V | ((state: S) => V), next: S, then?: Then): Reply<V, S>
export function reply(value: unknown, next?: unknown, then?: Then): Reply<unknown> {
  return new Step('reply', value, next, then) as unknown as Reply<unknown>
}

/**
 * Does not answer now, and commits `next`.
 *
 * @param next the next state, or an immer recipe; left out: unchanged
 * @param then what comes next for this member
 */
export function noReply<S = any>(unchanged?: undefined, then?: Then): NoReply<S>
export function noReply<S = any>(recipe: Recipe<NoInfer<S>>, then?: Then): NoReply<S>
export function noReply<S = any>(next: S, then?: Then): NoReply<S>
export function noReply(next?: unknown, then?: Then): NoReply {
  const nothing = next === undefined && then === undefined
  return (nothing ? NOTHING : new Step('noReply', undefined, next, then)) as unknown as NoReply
}

/**
 * Ends this member; a new one takes its place. `terminate` is called with the reason.
 *
 * With the reason `'normal'` or `'shutdown'` it does not count against the restart intensity.
 *
 * @param last the answer to the message in hand, and a last commit
 */
export function halt<V = never, S = any>(
  reason: unknown,
  last: { readonly reply?: V | ((state: S) => V); readonly next?: NoInfer<Next<S>> } = {},
): Halt<V, S> {
  const kind = 'reply' in last ? 'reply' : 'noReply'
  return new Step(kind, last.reply, last.next, { halt: reason }) as unknown as Halt<V, S>
}
