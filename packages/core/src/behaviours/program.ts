import { textOf } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { z } from 'zod'
import { type Definition } from './define-pool'
import type { Callbacks, RouteDefinition } from './definition-schema'
import { Step } from './step'

/** How messages of one kind are checked, run and understood. Found once per message, before it is queued. */
export interface Route {
  /** Names the kind of message in errors and counters. */
  readonly type: string
  readonly schema: z.ZodType | undefined
  /** How many messages it takes at once; 0 for one message that is not a list. */
  readonly batch: number
  run(message: unknown, state: unknown, ctx: object): unknown
  /** @throws {InvalidError} if a handler returned what is no step */
  toStep(result: unknown): Step
}

/** What a behaviour does with each message; the callbacks in a form that is fast to run. */
export class Program {
  readonly form: Definition['form']
  readonly callbacks: Callbacks
  /** Handles plain messages to a member; undefined if the behaviour has no `handleInfo`. */
  readonly info: Route | undefined
  readonly continuation: Route | undefined
  readonly #calls = new Map<unknown, Route>()
  readonly #casts = new Map<unknown, Route>()
  readonly #anyCall: Route | undefined
  readonly #anyCast: Route | undefined
  /** The last call: messages of one type come in a row. */
  #lastType: unknown = undefined
  #last: Route | undefined = undefined

  constructor(definition: Definition) {
    this.form = definition.form
    this.callbacks = definition.form === 'plain' ? {} : definition.callbacks
    if (definition.form === 'plain') {
      this.#anyCall = this.#anyCast = this.info = plainRoute(definition.callbacks)
      return
    }
    const { calls = {}, casts = {}, handleCall, handleCast, handleInfo, handleContinue } = this.callbacks
    for (const [type, handler] of Object.entries(calls)) this.#calls.set(type, route(type, handler, callStep))
    for (const [type, handler] of Object.entries(casts)) this.#casts.set(type, route(type, handler, castStep))
    if (handleCall !== undefined) {
      this.#anyCall = route(
        'handleCall',
        (message, state, ctx) => handleCall(message, (ctx as { from: unknown }).from, state, ctx),
        callStep,
      )
    }
    if (handleCast !== undefined) this.#anyCast = route('handleCast', handleCast, castStep)
    if (handleInfo !== undefined) this.info = route('handleInfo', handleInfo, castStep)
    if (handleContinue !== undefined) this.continuation = route('handleContinue', handleContinue, castStep)
  }

  /** The route of a call, or undefined if the behaviour has no such call. */
  call(message: unknown): Route | undefined {
    const type = typeOf(message)
    return type === this.#lastType && this.#last !== undefined ? this.#last : this.#findCall(type)
  }

  #findCall(type: unknown): Route | undefined {
    const route = this.#anyCall ?? this.#calls.get(type)
    this.#lastType = type
    return (this.#last = route)
  }

  /** The route of a cast, or undefined if the behaviour has no such cast. */
  cast(message: unknown): Route | undefined {
    return this.#anyCast ?? this.#casts.get(typeOf(message))
  }

  /** The types that it knows, for messages to people. */
  known(kind: 'call' | 'cast'): string {
    const routes = kind === 'call' ? this.#calls : this.#casts
    return routes.size === 0
      ? `no ${kind}s`
      : `the ${kind}s ${[...routes.keys()].map((type) => `"${String(type)}"`).join(', ')}`
  }
}

/** The `type` of a message, or undefined if it has none. */
function typeOf(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return undefined
  try {
    return (message as { type?: unknown }).type
  } catch {
    // A getter or a proxy of the sender's has thrown: to be refused, not to be thrown at the sender of a dispatch.
    return undefined
  }
}

/** How a message is named in errors: its type, or what it is. */
export function describeMessage(message: unknown): string {
  const type = typeOf(message)
  if (typeof type === 'string') return `"${type}"`
  if (message === null || typeof message !== 'object') return `${typeof message} ${textOf(message).slice(0, 40)}`
  try {
    return `an object of the keys ${Object.keys(message).slice(0, 8).join(', ') || '(none)'}`
  } catch {
    return 'an object that cannot be looked at'
  }
}

function route(type: string, definition: RouteDefinition, toStep: (type: string, result: unknown) => Step): Route {
  const { handle, schema, batch = 0 } = typeof definition === 'function' ? { handle: definition } : { ...definition }
  return {
    type,
    schema: schema as z.ZodType | undefined,
    batch: batch as number,
    run: handle,
    toStep: (result) => toStep(type, result),
  }
}

function plainRoute(f: (this: unknown, state: unknown, message: unknown, ctx: unknown) => unknown): Route {
  return {
    type: 'message',
    schema: undefined,
    batch: 0,
    run: (message, state, ctx) => f.call(ctx, state, message, ctx),
    toStep: (next) => new Step('state', undefined, next, undefined),
  }
}

const NO_STEP = new Step('noReply', undefined, undefined, undefined)

/** @throws {InvalidError} if it says something about what follows that cannot be done */
export function checkThen(type: string, step: Step): Step {
  const timeout: unknown = step.then?.timeout
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return step
  const message = `expected milliseconds >= 0 or Infinity, got ${textOf(timeout)}`
  throw new InvalidError(`result of the handler "${type}"`, [{ path: ['timeout'], message }])
}

function callStep(type: string, result: unknown): Step {
  if (result instanceof Step) return checkThen(type, result)
  throw nonsense(type, result, 'Return reply(value), noReply() if it is answered later, or halt(reason).')
}

function castStep(type: string, result: unknown): Step {
  if (result instanceof Step) return checkThen(type, result)
  if (result === undefined) return NO_STEP
  throw nonsense(type, result, 'Return noReply(), halt(reason), or nothing. To change the state: noReply(next).')
}

function nonsense(type: string, result: unknown, remedy: string): InvalidError {
  const what =
    result === null || typeof result !== 'object' ? `${typeof result} ${textOf(result).slice(0, 40)}` : 'an object'
  return new InvalidError(`result of the handler "${type}"`, [{ path: [], message: `it returned ${what}. ${remedy}` }])
}
