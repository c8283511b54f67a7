import type {
  BrokerOptions,
  BrokerRef,
  FairBy,
  FairOptions,
  FunctionOf,
  Key,
  LimitsOptions,
  QueueOptions,
  RateOptions,
} from '@genpool/broker'
import type { Fault, SchemaLike } from '@genpool/state-ane'
import type { PoolOptions } from '../assemble/options'
import type { InferOnly } from '../behaviours/inferred'

/*
 * Options that read messages, `by` and `cost`, with the types of the messages of their pool.
 *
 * Each has a parameter `X` of its own, which is inferred from what is given. Until it is known, an option is a function of a message
 * of the pool: so a function without annotations knows what it gets. Once it is known, a name must be one of a property, and a
 * function may say itself which messages it gets.
 */

/** An option of which nothing more is known. */
export type AnyBy = RateOptions['by']
export type AnyCost = RateOptions['cost']

/** What one of these options gave: a name, or a function of a message. */
type Given<X, M, R> = InferOnly<X> &
  (unknown extends X
    ? string | ((message: Fixed<M>) => R)
    : [X] extends [string]
      ? NameIn<M, X, R>
      : string | FunctionOf<R>)

/** The names of properties that messages of a type have. Any name, if one only knows when the program runs. */
type NameIn<M, X, R> = string extends X
  ? string
  : unknown extends M
    ? string
    : [NamesIn<M>] extends [never]
      ? string
      : [R] extends [number]
        ? [NamesOf<M, R>] extends [never]
          ? 'no property of these messages is a number: give a function'
          : NamesOf<M, R>
        : NamesIn<M>
type NamesIn<M> = M extends object ? NoInfer<keyof M & string> : never
/** The names of those that may be an `R`. */
type NamesOf<M, R> = M extends object
  ? NoInfer<{ [K in keyof M & string]-?: MayBe<M[K], R> extends true ? K : never }[keyof M & string]>
  : never
type MayBe<V, R> = unknown extends V ? true : [Extract<V, R>] extends [never] ? false : true
/** `M`, which is not inferred from here. `NoInfer<M>` would be shown as such. */
type Fixed<M> = [M][M extends unknown ? 0 : never]

/** A function that may say itself what it gets. A method, since its parameter may have a narrower type. */
type ArgumentOf<T, R> = { of(value: T): R }['of']

/** Options of a rate for each key. */
interface KeyRate<M, Cost> extends Omit<RateOptions, 'by' | 'cost'> {
  cost?: Given<Cost, M, number> | undefined
}
/** Options of a rate. */
interface Rate<M, By, Cost> extends KeyRate<M, Cost> {
  by?: Given<By, M, Key> | undefined
}
/** The keys that a `by` finds in messages: the values of a property, or what a function returns. */
type KeysOf<M, By> = string extends By
  ? unknown
  : By extends string
    ? M extends unknown
      ? By extends keyof M
        ? M[By]
        : undefined
      : never
    : By extends (...args: never) => infer R
      ? R
      : unknown

/** Options of limits per key. */
interface Limits<M, By, Cost> extends Omit<LimitsOptions, 'by' | 'rate' | 'weight'> {
  by: Given<By, M, Key>
  weight?: Readonly<Record<string, number>> | ArgumentOf<KeysOf<M, By>, number> | undefined
  rate?: false | KeyRate<M, Cost> | undefined
}

/** The `by` of a fair queue: a way to find the key, or a function of a message. */
type GivenFair<X, M> = InferOnly<X> &
  (unknown extends X ? Exclude<FairBy, FunctionOf<Key>> | ((message: Fixed<M>) => Key) : FairBy)

/** The queue of a pool with messages of the type `M`. */
type Client<M, X> =
  | Exclude<QueueOptions, FairOptions>
  | (Omit<FairOptions, 'type' | 'by'> & { type: 'fair'; by?: GivenFair<X, M> | undefined })

/** The option `broker` of a pool with messages of the type `M`. */
export interface BrokerOption<M, X> {
  broker?: BrokerRef<never, never> | (Omit<BrokerOptions, 'client'> & { client?: Client<M, X> | undefined }) | undefined
}

/** The option `state` of a pool with a state of the type `S`. */
export interface StateOption<S> {
  state?:
    | Extract<PoolOptions['state'], string>
    | (Omit<Extract<PoolOptions['state'], object>, 'validate'> & {
        validate?: SchemaLike | ArgumentOf<Fixed<S>, boolean | string | Fault> | undefined
      })
    | undefined
}

/** The options `rate` and `limits` of a pool with messages of the type `M`. */
export interface MessageOptions<M, By, Cost, KeyBy, KeyCost> {
  rate?: false | Rate<M, By, Cost> | undefined
  limits?: false | Limits<M, KeyBy, KeyCost> | undefined
}
