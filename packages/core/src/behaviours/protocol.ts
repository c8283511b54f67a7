import type { Ref } from 'nact'
import type { z } from 'zod'
import type { Halt, NoReply, Reply } from './step'

/** One kind of message and its answer. */
export interface Exchange {
  readonly message: unknown
  readonly reply: unknown
}

/** The messages of a pool, as types. It does not exist at run time. */
export interface Protocol {
  readonly state: unknown
  /** Calls by their `type`. */
  readonly calls: object
  /** The messages of casts by their `type`. */
  readonly casts: object
  /** Calls of any shape, for `handleCall` and plain functions; never if there are none. */
  readonly otherCall: Exchange
  /** Casts of any shape, for `handleCast` and plain functions; never if there are none. */
  readonly otherCast: unknown
}

/**
 * Stands beside the calls in a parameter's type, and is what the compiler names where no call would do, or a cast was written.
 * Nothing in all other cases.
 */
export type CallHint<P extends Protocol, T> = [keyof P['calls'] | P['otherCall']] extends [never]
  ? 'this pool has no calls: use cast(pool, message)'
  : Only<T, Exclude<keyof P['casts'], keyof P['calls']>, 'this type is a cast: use cast(pool, message)'>

/** The same for casts. */
export type CastHint<P extends Protocol, T> = [keyof P['casts'] | P['otherCast']] extends [never]
  ? 'this pool has no casts: use call(pool, message)'
  : Only<T, Exclude<keyof P['calls'], keyof P['casts']>, 'this type is a call: use call(pool, message)'>

type Only<T, Others, Hint> = [T] extends [never] ? never : [T] extends [Others] ? { readonly type: Hint } : never

declare const understood: unique symbol

/** The address of a pool: a nact reference with the types of the pool's messages. */
export interface PoolRef<P extends Protocol = Protocol> extends Ref<MessageOf<P>> {
  readonly [understood]: P
}

/** Every message that a pool understands. */
export type MessageOf<P extends Protocol> =
  | CallMessage<P, keyof P['calls'] & string>
  | CastMessage<P, keyof P['casts'] & string>
  | P['otherCall']['message']
  | P['otherCast']

/** The call of type `T`. */
export type CallMessage<P extends Protocol, T extends string> = T extends keyof P['calls']
  ? P['calls'][T] extends { readonly message: infer M }
    ? M
    : never
  : never

/** The answer to the call of type `T`; for `never`, to a call of any shape. */
export type ReplyTo<P extends Protocol, T extends string> = [T] extends [never]
  ? P['otherCall']['reply']
  : T extends keyof P['calls']
    ? P['calls'][T] extends { readonly reply: infer R }
      ? R
      : never
    : never

/** Every call that a pool understands. */
export type AnyCall<P extends Protocol> = CallMessage<P, keyof P['calls'] & string> | P['otherCall']['message']

/** The answer to a call of the type `M`. */
export type AnswerTo<P extends Protocol, M> = M extends { readonly type: infer T extends keyof P['calls'] & string }
  ? ReplyTo<P, T>
  : ReplyTo<P, never>

/** The cast of type `T`. */
export type CastMessage<P extends Protocol, T extends string> = T extends keyof P['casts'] ? P['casts'][T] : never

type HandlerOf<H> = H extends { readonly handle: infer F } ? F : H

/** The payload that a handler declares, or the input of its schema. */
type PayloadOf<H> = H extends { readonly schema: infer Z extends z.ZodType }
  ? z.input<Z>
  : H extends { readonly batch: number; readonly handle: (messages: infer L, ...rest: never[]) => unknown }
    ? L extends readonly (infer M)[]
      ? M
      : unknown
    : H extends (message: infer M, ...rest: never[]) => unknown
      ? M
      : unknown

type WithType<T extends string, M> = { readonly type: T } & (unknown extends M
  ? unknown
  : SaysNothing<M> extends true
    ? unknown
    : WithoutType<M>)
/** Of `Record<string, never>`, which is also what `z.object({})` takes: with it, there could be no `type` either. */
type SaysNothing<M> = [M] extends [never]
  ? false
  : string extends keyof M
    ? [M[keyof M]] extends [never]
      ? true
      : false
    : false
type WithoutType<M> = M extends unknown ? ('type' extends keyof M ? Omit<M, 'type'> : M) : never

/** The values that a handler's steps answer with. A handler that only answers later answers with `unknown`. */
export type AnswerOf<H> = H extends { readonly batch: number } ? ElementOf<ResultOf<H>> : ResultOf<H>
type ElementOf<L> = L extends readonly (infer V)[] ? V : unknown
type ResultOf<H> =
  HandlerOf<H> extends (...args: never[]) => infer R
    ? HasAnswer<Awaited<R>> extends true
      ? Answer<Awaited<R>>
      : unknown
    : never
type Answer<R> = R extends Reply<infer V, unknown> ? V : R extends Halt<infer V, unknown> ? V : never
type HasAnswer<R> = [Answer<R>] extends [never] ? (Extract<R, NoReply<unknown>> extends never ? true : false) : true

/** The protocol of a map of calls. A map that was left out has an index signature and means no calls. */
export type CallsOf<C> = string extends keyof C
  ? Record<never, never>
  : {
      readonly [T in keyof C & string]: {
        readonly message: WithType<T, PayloadOf<C[T]>>
        readonly reply: AnswerOf<C[T]>
      }
    }
/** The protocol of a map of casts. */
export type CastsOf<K> = string extends keyof K
  ? Record<never, never>
  : { readonly [T in keyof K & string]: WithType<T, PayloadOf<K[T]>> }

// nact's own `query` accepts only message factories; on a pool it also accepts messages, and knows the type of the reply.
declare module 'nact' {
  export function query<P extends Protocol, T extends keyof (P['calls'] & P['casts']) & string>(
    actor: PoolRef<P>,
    message: ({ readonly type: T & keyof P['calls'] } & CallMessage<P, T>) | P['otherCall']['message'] | CallHint<P, T>,
    timeout: number,
  ): Promise<ReplyTo<P, T>>
}
