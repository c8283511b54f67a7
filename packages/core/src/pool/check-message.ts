import { type GenPoolError, showValue, textOf } from '@genpool/runtime'
import { type Fault, InvalidError } from '@genpool/state-ane'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import { typeOfMessage } from '../behaviours/type-of-message'
import { type Handler, NO_HANDLER } from '../behaviours/handler'
import type { Request } from '../requests/request'

/** Checks the message of a request, and lets its schema transform it. Returns what is wrong with it. */
export function checkMessage(request: Request, behaviour: CompiledBehaviour): GenPoolError | undefined {
  const { handler } = request
  if (handler === NO_HANDLER) return unknownMessage(request, behaviour)
  return handler.schema === undefined ? undefined : checkSchema(request, handler)
}

function checkSchema(request: Request, handler: Handler): GenPoolError | undefined {
  const what = `message "${handler.type}" to pool "${request.pool}"`
  try {
    const result = handler.schema?.safeParse(request.message)
    if (result?.error !== undefined) {
      return new InvalidError(
        what,
        result.error.issues.map(({ path, message }) => ({ path, message })),
      )
    }
    request.message = result?.data
    return undefined
  } catch (error) {
    return new InvalidError(what, [{ path: [], message: `its schema threw: ${textOf(error)}` }], error)
  }
}

function unknownMessage({ kind, message, pool }: Request, behaviour: CompiledBehaviour): GenPoolError {
  const hint = hintOf(kind, message, behaviour)
  const type = typeOfMessage(message)
  if (typeof type === 'string') {
    const path = kind === 'direct' ? [] : ['type']
    return new InvalidError(`message "${type}" to pool "${pool}"`, [
      { path, message: `the behaviour has no handler for it. ${hint}` },
    ])
  }
  const fault =
    kind === 'direct'
      ? { path: [], message: `the behaviour has no handler for ${showValue(message)}. ${hint}` }
      : withoutType(message, hint)
  return new InvalidError(`message to pool "${pool}"`, [fault])
}

/** What is wrong with a message whose type cannot be looked up. */
function withoutType(message: unknown, hint: string): Fault {
  const type = typeOfMessage(message)
  if (type !== undefined) return { path: ['type'], message: `expected a string, got ${showValue(type)}. ${hint}` }
  return { path: [], message: `expected an object with a "type", got ${showValue(message)}. ${hint}` }
}

function hintOf(kind: Request['kind'], message: unknown, behaviour: CompiledBehaviour): string {
  if (kind === 'direct') return 'Define "handleInfo".'
  const isCall = kind === 'call' || kind === 'query'
  const other = isCall ? behaviour.cast(message) : behaviour.call(message)
  if (other === undefined) return `It knows ${behaviour.known('call')} and ${behaviour.known('cast')}.`
  return isCall ? 'It is a cast: send it with cast() or dispatch().' : 'It is a call: send it with call() or query().'
}
