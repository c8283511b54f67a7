import { OptionsError, readSafely } from '@genpool/runtime'
import type { ActorContextWithMailbox, Ref, SupervisionActorFunc } from 'nact'
import type { CallMap, CallStep, CastMap, CastStep, InitStep, Lifecycle } from './behaviour'
import type { Context, From } from './context'
import { checkDefinition, checkProperties } from './definition-schema'
import type { Eventually } from './eventually'
import type { Inferred, InferredMap, ResultsOf } from './inferred'
import { isClass } from './is-class'
import { argumentOfOtherCopy, isOfOtherCopy, markMade } from './other-copy'
import type { AnswerOf, CallsOf, CastsOf, Protocol } from './protocol'

/**
 * What `definePool` takes: messages by type (`calls` and `casts`), or messages of any shape as a GenServer has them (`handleCall`
 * and `handleCast`). One interface for both, so that the compiler's errors speak of the form that was written.
 */
export interface PoolDefinition<S, C extends CallMap<S>, K extends CastMap<S>, F, G> extends Lifecycle<S> {
  readonly calls?: C & Named<C> & NoInfer<Fitting<C>>
  readonly casts?: K & Named<K> & NoInfer<Fitting<K>>
  readonly handleCall?: F & CatchAll<C, K>
  readonly handleCast?: G & CatchAll<C, K>
}

/** The same, in a form in which all recipes know the state that `init` makes: see `inferred.ts`. */
interface StateFirst<S, C, K, F, G, I, N> extends Pick<Lifecycle<S>, 'terminate'> {
  readonly init: (() => Eventually<S | InitStep<S>>) &
    ResultsOf<S, C> &
    ResultsOf<S, K> &
    ResultsOf<S, { call: F; cast: G; info: I; continuation: N }>
  readonly calls?: InferredMap<C, CallMap<S>[string]> & Named<C> & NoInfer<Fitting<C>>
  readonly casts?: InferredMap<K, CastMap<S>[string]> & Named<K> & NoInfer<Fitting<K>>
  readonly handleCall?: Inferred<F, CatchAllCall<S>> & OneForm<C, K>
  readonly handleCast?: Inferred<G, CatchAllCast<S>> & OneForm<C, K>
  readonly handleInfo?: Inferred<I, Lifecycle<S>['handleInfo']>
  readonly handleContinue?: Inferred<N, Lifecycle<S>['handleContinue']>
}

/** Nothing, if no message has the name of what each object has. A map that was left out has an index signature. */
type Named<C> = string extends keyof C
  ? unknown
  : 'constructor' extends keyof C
    ? 'no message can have the name constructor'
    : unknown

/* eslint-disable @typescript-eslint/no-explicit-any -- the compiler must not look at results here: see `inferred.ts` */
/** Nothing, for each handler that can get the messages of its own type. */
type Fitting<C> = { readonly [T in keyof C]: Fit<T, C[T]> }
type Fit<T, H> = H extends { readonly batch: number; readonly handle: (messages: infer L, ...rest: never[]) => any }
  ? never[] extends L
    ? FitOne<T, L extends readonly (infer M)[] ? M : unknown>
    : 'a handler with batch gets a list of messages'
  : H extends { readonly handle: (message: infer M, ...rest: never[]) => any }
    ? FitOne<T, M>
    : H extends (message: infer M, ...rest: never[]) => any
      ? FitOne<T, M>
      : unknown
type FitOne<T, M> = [M] extends [{ readonly type: infer Type }]
  ? [T] extends [Type]
    ? unknown
    : 'its messages have another type than its name'
  : unknown
/* eslint-enable @typescript-eslint/no-explicit-any */

type OneForm<C, K> = [keyof C | keyof K] extends [never] ? unknown : never

/** Nothing, if there are no maps. A map that was left out has an index signature. */
type CatchAll<C, K> = string extends keyof C & keyof K
  ? unknown
  : 'either calls and casts, or handleCall and handleCast'

/** Handles calls of any shape. One that was left out has messages of the type never. */
export type CatchAllCall<S, M = never, V = unknown> = (
  message: M,
  from: From,
  state: S,
  ctx: Context<S>,
) => Eventually<CallStep<V, S>>
/** The same for casts. */
export type CatchAllCast<S, M = never> = (message: M, state: S, ctx: Context<S>) => Eventually<CastStep<S>>

type MessageTo<F> = F extends (message: infer M, ...rest: never[]) => unknown ? M : never

/** A plain nact function. It answers with nact's `dispatch(ctx.sender, answer)`. */
export type PlainFunction<S, M> = (this: Context<S>, state: S, message: M, ctx: Context<S>) => Eventually<S>

/** What a function does not have. With it, the compiler sees that a definition with a fault is no function, and says only the fault. */
type NoDefinition = { readonly [K in keyof PoolDefinition<unknown, never, never, never, never>]?: never }

/** nact's own properties of an actor, for a plain function. */
export interface PlainProperties<S, M> {
  readonly initialState?: S
  readonly initialStateFunc?: (ctx: Context<S>) => S
  /** Decides about a handler or an `initialStateFunc` that throws (then without a message), and about a child that escalates. */
  readonly onCrash?: SupervisionActorFunc<M, Ref<unknown>, Ref<unknown>>
  readonly afterStop?: (state: S, ctx: ActorContextWithMailbox<M, Ref<unknown>>) => void | Promise<void>
  readonly shutdownAfter?: number
}

declare const protocol: unique symbol

/** What the members of a pool do. Made by `definePool`, run by `spawnPool`. */
export interface Behaviour<P extends Protocol = Protocol> {
  readonly [protocol]: P
}

/** What a pool of messages by type understands. */
export interface MapProtocol<S, C, K> extends Protocol {
  readonly state: S
  readonly calls: CallsOf<C>
  readonly casts: CastsOf<K>
  readonly otherCall: never
  readonly otherCast: never
}
/** What a pool of messages of any shape understands, a plain nact function's too. */
export interface OpenProtocol<S, M, V, N> extends Protocol {
  readonly state: S
  readonly calls: object
  readonly casts: object
  readonly otherCall: { readonly message: M; readonly reply: V }
  readonly otherCast: N
}
/** The protocol of a definition in either form. */
type ProtocolBy<S, C, K, F, G> = [MessageTo<F> | MessageTo<G>] extends [never]
  ? MapProtocol<S, C, K>
  : OpenProtocol<S, MessageTo<F>, AnswerOf<F>, MessageTo<G>>
/** What a pool that was given a plain nact function understands; it takes nact's own properties as options. */
export interface PlainProtocol<S, M> extends OpenProtocol<S, M, unknown, M> {
  readonly plain: true
}

/** A behaviour with its definition, which `Behaviour` hides. */
export class Definition {
  constructor(
    readonly form: 'map' | 'catchAll' | 'plain' | 'task',
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the typed face is Behaviour
    readonly callbacks: any,
    readonly properties: PlainProperties<unknown, unknown> = {},
  ) {}
}
markMade(Definition)

/**
 * Defines what the members of a pool do.
 *
 * Three forms: maps of `calls` and `casts` by message type, whose replies are inferred; the catch-alls `handleCall` and
 * `handleCast` for messages of any shape; or a plain nact function with nact's own properties.
 *
 * @throws {OptionsError} if it is none of these, or a handler is not a function
 * @example
 * const Counter = definePool({
 *   init: () => ({ count: 0 }),
 *   calls: { add: (msg: { value: number }, state) => reply(state.count + msg.value, (draft) => { draft.count += msg.value }) },
 * })
 */
// First: it gives a handler no type to follow, so that the compiler does not look into it yet. See `inferred.ts`.
export function definePool<S, M>(
  f: PlainFunction<S, M> & NoDefinition,
  properties?: PlainProperties<S, M>,
): Behaviour<OpenProtocol<S, M, unknown, M>>
export function definePool<S, C, K, F, G, I, N>(
  definition: StateFirst<S, C, K, F, G, I, N>,
): Behaviour<ProtocolBy<S, C, K, F, G>>
export function definePool<
  S,
  C extends CallMap<S>,
  K extends CastMap<S>,
  F extends CatchAllCall<S>,
  G extends CatchAllCast<S>,
>(definition: PoolDefinition<S, C, K, F, G>): Behaviour<ProtocolBy<S, C, K, F, G>>
export function definePool(definition: unknown, properties?: object): Behaviour {
  return define(definition, properties) as unknown as Behaviour
}

/** Whether a value is what `definePool` made. A proxy may throw when it is asked. */
export function isDefinition(value: unknown): value is Definition {
  return readSafely(() => value instanceof Definition, false)
}

/** `definePool` without its types. */
export function define(definition: unknown, properties: object = {}): Definition {
  if (isDefinition(definition)) return definition
  if (isOfOtherCopy(definition)) throw argumentOfOtherCopy('behaviour given to spawnPool')
  if (typeof definition === 'function') return new Definition('plain', noClass(definition), checkProperties(properties))
  const callbacks = checkDefinition(definition)
  const form = 'handleCall' in callbacks || 'handleCast' in callbacks ? 'catchAll' : 'map'
  return new Definition(form, callbacks)
}

/** A class cannot be called: each message would crash. @throws {OptionsError} */
function noClass(f: object): object {
  if (!isClass(f)) return f
  const message = 'expected an object { calls, casts, … } or a function (state, message, ctx) => next, got a class'
  throw new OptionsError(
    `The behaviour given to definePool or spawnPool is wrong: ${message}. Give it an object whose handlers call an instance of the class.`,
    [{ path: [], message }],
  )
}
