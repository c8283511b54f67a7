import type { z } from 'zod'
import { answerStep, callStep, castStep, MISPLACED_STEP, nextStep } from './check-step'
import type { Definition } from './define-pool'
import type { Callbacks, HandlerDefinition } from './definition-schema'
import { typeOfMessage } from './type-of-message'
import type { Handler } from './handler'
import type { MessageTypes } from './message-types'
import type { Routes } from './routes'
import { Step } from './step'

/** A behaviour in a form that is fast to run: it finds the handler of each message. */
export class CompiledBehaviour {
  readonly form: Definition['form']
  readonly callbacks: Callbacks
  readonly properties: Definition['properties']
  /** Handles plain messages to a member; undefined if the behaviour has no `handleInfo`. */
  readonly info: Handler | undefined
  readonly continuation: Handler | undefined
  private readonly calls = new Map<unknown, Handler>()
  private readonly casts = new Map<unknown, Handler>()
  private readonly anyCall: Handler | undefined
  private readonly anyCast: Handler | undefined
  /** The last call and the last cast: messages of one type come in a row. */
  private lastCallType: unknown = undefined
  private lastCall: Handler | undefined = undefined
  private lastCastType: unknown = undefined
  private lastCast: Handler | undefined = undefined

  /** @param routes finds the handlers if they are not in this thread */
  constructor(
    definition: Definition,
    readonly routes?: Routes,
  ) {
    this.form = definition.form
    this.properties = definition.properties
    this.callbacks = typeof definition.callbacks === 'function' ? {} : definition.callbacks
    if (routes !== undefined) {
      this.info = routes.info
      this.continuation = routes.continuation
      return
    }
    if (definition.form === 'plain') {
      this.anyCall = this.anyCast = this.info = plainHandler(definition.callbacks)
      return
    }
    if (definition.form === 'task') {
      this.anyCall = this.anyCast = taskHandler(definition.callbacks)
      return
    }
    const { calls = {}, casts = {}, handleCall, handleCast, handleInfo, handleContinue } = this.callbacks
    for (const [type, call] of Object.entries(calls)) this.calls.set(type, handler(type, call, callStep))
    for (const [type, cast] of Object.entries(casts)) this.casts.set(type, handler(type, cast, castStep))
    if (handleCall !== undefined) {
      this.anyCall = handler(
        'handleCall',
        (message, state, ctx) => handleCall(message, (ctx as { from: unknown }).from, state, ctx),
        callStep,
      )
    }
    if (handleCast !== undefined) this.anyCast = handler('handleCast', handleCast, castStep)
    if (handleInfo !== undefined) this.info = handler('handleInfo', handleInfo, castStep)
    if (handleContinue !== undefined) this.continuation = handler('handleContinue', handleContinue, castStep)
  }

  /** The handler of a call; undefined if the behaviour has none for it. */
  call(message: unknown): Handler | undefined {
    const type = typeOfMessage(message)
    return type === this.lastCallType && this.lastCall !== undefined ? this.lastCall : this.findCall(type)
  }

  private findCall(type: unknown): Handler | undefined {
    const found = this.anyCall ?? this.calls.get(type) ?? this.routes?.call(type)
    this.lastCallType = type
    return (this.lastCall = found)
  }

  /** The handler of a cast; undefined if the behaviour has none for it. */
  cast(message: unknown): Handler | undefined {
    const type = typeOfMessage(message)
    return type === this.lastCastType && this.lastCast !== undefined ? this.lastCast : this.findCast(type)
  }

  private findCast(type: unknown): Handler | undefined {
    const found = this.anyCast ?? this.casts.get(type) ?? this.routes?.cast(type)
    this.lastCastType = type
    return (this.lastCast = found)
  }

  /** The types that have handlers; null if messages of any type may have one. */
  get types(): MessageTypes | null {
    if (this.routes !== undefined) return this.routes.types?.() ?? null
    if (this.anyCall !== undefined || this.anyCast !== undefined) return null
    return { calls: [...this.calls.keys()] as string[], casts: [...this.casts.keys()] as string[] }
  }

  /** The names that messages of its handlers have in options and errors; null if they are not known yet. */
  get handlerTypes(): readonly string[] | null {
    if (this.routes !== undefined) return this.routes.handlerTypes?.() ?? null
    const handlers = [...this.calls.values(), ...this.casts.values()]
    for (const one of [this.anyCall, this.anyCast, this.info, this.continuation])
      if (one !== undefined) handlers.push(one)
    return [...new Set(handlers.map(({ type }) => type))]
  }

  /** The known types, for an error text. */
  known(kind: 'call' | 'cast'): string {
    if (this.routes !== undefined) return this.routes.known(kind)
    const handlers = kind === 'call' ? this.calls : this.casts
    return handlers.size === 0
      ? `no ${kind}s`
      : `the ${kind}s ${[...handlers.keys()].map((type) => `"${String(type)}"`).join(', ')}`
  }
}

function handler(
  type: string,
  definition: HandlerDefinition,
  toStep: (handler: { readonly type: string; readonly batch: number }, result: unknown) => Step,
): Handler {
  const { handle, schema, batch = 0 } = typeof definition === 'function' ? { handle: definition } : { ...definition }
  const made: Handler = {
    type,
    schema: schema as z.ZodType | undefined,
    batch: batch as number,
    answers: 'step',
    handle,
    toStep: (result) => toStep(made, result),
  }
  return made
}

function plainHandler(f: (this: unknown, state: unknown, message: unknown, ctx: unknown) => unknown): Handler {
  return {
    type: 'message',
    schema: undefined,
    batch: 0,
    answers: 'dispatch',
    handle: (message, state, ctx) => {
      const next = f.call(ctx, state, message, ctx)
      return next instanceof Step ? MISPLACED_STEP : next
    },
    toStep: nextStep,
  }
}

function taskHandler(run: (task: unknown, ctx: unknown) => unknown): Handler {
  const made: Handler = {
    type: 'task',
    schema: undefined,
    batch: 0,
    answers: 'step',
    handle: (task, _state, ctx) => run(task, ctx),
    toStep: (result) => answerStep(made, result),
  }
  return made
}
