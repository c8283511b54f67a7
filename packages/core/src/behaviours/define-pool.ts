import type { ActorContextWithMailbox, Ref, SupervisionActorFunc } from 'nact'
import type { CallMap, CallStep, CastMap, CastStep, Lifecycle } from './behaviour'
import type { Context, From } from './context'
import { checkDefinition } from './definition-schema'
import type { Eventually } from './eventually'
import type { CallsOf, CastsOf, Protocol } from './protocol'

/** A behaviour with handlers by message type. */
export interface MapDefinition<S, C extends CallMap<S>, K extends CastMap<S>> extends Lifecycle<S> {
  readonly calls?: C
  readonly casts?: K
  readonly handleCall?: never
  readonly handleCast?: never
}

/** A behaviour for messages of any shape, like a GenServer. */
export interface CatchAllDefinition<S, M, V, N> extends Lifecycle<S> {
  readonly handleCall?: (message: M, from: From, state: S, ctx: Context<S>) => Eventually<CallStep<V, S>>
  readonly handleCast?: (message: N, state: S, ctx: Context<S>) => Eventually<CastStep<S>>
  readonly calls?: never
  readonly casts?: never
}

/** A plain nact function. It answers with nact's `dispatch(ctx.sender, answer)`. */
export type PlainFunction<S, M> = (this: Context<S>, state: S, message: M, ctx: Context<S>) => Eventually<S>

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
/** What a pool that was given a plain nact function understands; it takes nact's own properties as options. */
export interface PlainProtocol<S, M> extends OpenProtocol<S, M, unknown, M> {
  readonly plain: true
}

/** A behaviour with its definition, which `Behaviour` hides. */
export class Definition {
  constructor(
    readonly form: 'map' | 'catchAll' | 'plain',
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the typed face is Behaviour
    readonly callbacks: any,
    readonly properties: PlainProperties<unknown, unknown> = {},
  ) {}
}

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
export function definePool<S, M>(
  f: PlainFunction<S, M>,
  properties?: PlainProperties<S, M>,
): Behaviour<OpenProtocol<S, M, unknown, M>>
export function definePool<S, M = never, V = unknown, N = never>(
  definition: CatchAllDefinition<S, M, V, N>,
): Behaviour<OpenProtocol<S, M, V, N>>
// Last, since TypeScript reports errors for the last overload.
export function definePool<S, C extends CallMap<S>, K extends CastMap<S>>(
  definition: MapDefinition<S, C, K>,
): Behaviour<MapProtocol<S, C, K>>
export function definePool(definition: unknown, properties?: object): Behaviour {
  return define(definition, properties) as unknown as Behaviour
}

/** `definePool` without its types. */
export function define(definition: unknown, properties: object = {}): Definition {
  if (definition instanceof Definition) return definition
  if (typeof definition === 'function') return new Definition('plain', definition, properties)
  const callbacks = checkDefinition(definition)
  const form = 'handleCall' in callbacks || 'handleCast' in callbacks ? 'catchAll' : 'map'
  return new Definition(form, callbacks)
}
