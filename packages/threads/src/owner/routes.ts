import type { Fault, Handler, MemberInfo } from '@genpool/core'
import type { MessageTypes, PoolFacts, Routes } from '@genpool/core/elsewhere'
import { readSafely } from '@genpool/runtime'
import type { Manifest } from '../protocol/messages'
import { faultIn } from '../values/cloneable'

/** A handler that is in a thread. How many messages it takes is known when a thread has loaded it. */
class ThreadHandler implements Handler {
  readonly schema = undefined
  batch = 0

  constructor(
    readonly type: string,
    readonly continues = false,
  ) {}

  handle(): never {
    throw new Error('the handler is in a thread')
  }

  toStep(): never {
    throw new Error('the handler is in a thread')
  }
}

/** Whether a job is the argument for `handleContinue`. */
export function continues(handler: Handler): boolean {
  return (handler as ThreadHandler).continues
}

/**
 * Finds the handlers of a module that only threads load.
 *
 * Until the first thread has loaded it, any type may have a handler: such messages wait, and the thread refuses what it does not
 * know.
 */
export class ThreadRoutes implements Routes {
  readonly info: Handler = new ThreadHandler('handleInfo')
  readonly continuation: Handler = new ThreadHandler('handleContinue', true)
  #manifest: Manifest | null = null
  readonly #calls = new Map<string, ThreadHandler>()
  readonly #casts = new Map<string, ThreadHandler>()

  /** Has a thread call `init`. */
  init: (facts: PoolFacts, info: MemberInfo) => unknown = () => undefined
  /** Nobody waits for that any longer. */
  hurryInit: (info: MemberInfo) => void = () => undefined

  call(type: unknown): Handler | undefined {
    return this.#find(this.#calls, type, this.#manifest?.anyCall)
  }

  cast(type: unknown): Handler | undefined {
    return this.#find(this.#casts, type, this.#manifest?.anyCast)
  }

  /** A thread has loaded the module. */
  learn(manifest: Manifest): void {
    if (this.#manifest !== null) return
    this.#manifest = manifest
    for (const [handlers, known] of [[this.#calls, manifest.calls] as const, [this.#casts, manifest.casts] as const]) {
      for (const [type, batch] of known) {
        const handler = handlers.get(type) ?? new ThreadHandler(type)
        handler.batch = batch
        handlers.set(type, handler)
      }
      // Guesses that came to nothing. Their messages are refused by the thread.
      const types = new Set(known.map(([type]) => type))
      for (const type of [...handlers.keys()]) if (!types.has(type)) handlers.delete(type)
    }
    if (manifest.anyCall !== null) this.#calls.set(manifest.anyCall, new ThreadHandler(manifest.anyCall))
    if (manifest.anyCast !== null) this.#casts.set(manifest.anyCast, new ThreadHandler(manifest.anyCast))
  }

  known(kind: 'call' | 'cast'): string {
    const types = [...(kind === 'call' ? this.#calls : this.#casts).keys()]
    return types.length === 0 ? `no ${kind}s` : `the ${kind}s ${types.map((type) => `"${type}"`).join(', ')}`
  }

  types(): MessageTypes | null {
    const manifest = this.#manifest
    if (manifest === null || manifest.anyCall !== null || manifest.anyCast !== null) return null
    return { calls: [...this.#calls.keys()], casts: [...this.#casts.keys()] }
  }

  /** Looks at the message and at its own values, not deeper: most functions that somebody sends by mistake are there. */
  faultOf(message: unknown): Fault | undefined {
    return readSafely(() => hasFunction(message), false) ? faultIn(message) : undefined
  }

  handlerTypes(): readonly string[] | null {
    if (this.#manifest === null) return null
    return [...new Set([...this.#calls.keys(), ...this.#casts.keys(), this.info.type, this.continuation.type])]
  }

  #find(handlers: Map<string, ThreadHandler>, type: unknown, any: string | null | undefined): Handler | undefined {
    // Before the module is known.
    if (any === undefined) return guess(handlers, typeof type === 'string' ? type : 'message')
    if (any !== null) return handlers.get(any)
    return typeof type === 'string' ? handlers.get(type) : undefined
  }
}

function hasFunction(message: unknown): boolean {
  if (typeof message === 'function') return true
  if (typeof message !== 'object' || message === null || Object.getPrototypeOf(message) !== Object.prototype)
    return false
  for (const name in message) if (typeof (message as Record<string, unknown>)[name] === 'function') return true
  return false
}

function guess(handlers: Map<string, ThreadHandler>, type: string): ThreadHandler {
  const handler = handlers.get(type) ?? new ThreadHandler(type)
  handlers.set(type, handler)
  return handler
}
