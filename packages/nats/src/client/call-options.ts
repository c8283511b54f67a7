import type { CallOptions } from '@genpool/core'
import { keyId, nearest, OptionsError, sentence, showValue, textOf, whyNotAKey } from '@genpool/runtime'
import type { RemoteKind } from './remote-request'

const OF_CALLS = ['timeout', 'signal', 'priority', 'key', 'onProgress', 'idempotent'] as const
const OF_CASTS = ['priority', 'key'] as const

const FOR_CALLS = 'is for calls: nobody waits for the outcome of a cast'

/** Options for a pool of this process alone, with the reason. */
const NOT_HERE: Readonly<Record<string, string>> = {
  retry: 'what certainly did not run is tried on another node by itself',
  share:
    'calls of other clients and nodes would not share the run. Share it at the node: let its handler call another pool with "share"',
  latest:
    'a cast that is on its way to a node cannot be replaced. Use "latest" at the node: let its handler cast to another pool',
}

/** Options that a cast has no use for, with the reason. */
const NOT_FOR_CASTS: Readonly<Record<string, string>> = {
  timeout: 'is for calls, and for casts to pools of this process: a cast to a node runs when its turn comes',
  signal: FOR_CALLS,
  onProgress: FOR_CALLS,
  idempotent: FOR_CALLS,
}

/** What is wrong with the options of one message to a remote pool; undefined if nothing. Never throws. */
export function faultOf(pool: string, kind: RemoteKind, options: CallOptions): OptionsError | undefined {
  try {
    const fault = misnamed(kind === 'cast', options) ?? mistyped(options)
    return fault === undefined ? undefined : wrong(pool, ...fault)
  } catch (error) {
    return wrong(pool, `reading them threw: ${textOf(error)}`)
  }
}

type Fault = readonly [message: string, option?: string]

function misnamed(isCast: boolean, options: unknown): Fault | undefined {
  if (typeof options !== 'object' || options === null) {
    return [`expected an object such as { timeout: 1000 }, got ${showValue(options)}`]
  }
  const known: readonly string[] = isCast ? OF_CASTS : OF_CALLS
  const name = Object.keys(options).find((key) => !known.includes(key) && !isLeftOut(options, key, isCast))
  if (name === undefined) return undefined
  if (Object.hasOwn(NOT_HERE, name)) return [`"${name}" is not for remote pools: ${NOT_HERE[name]}`, name]
  if (isCast && Object.hasOwn(NOT_FOR_CASTS, name)) return [`"${name}" ${NOT_FOR_CASTS[name]}. Leave it out`, name]
  const meant = nearest(name, known)
  const hint =
    meant === undefined ? `there are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}` : `did you mean "${meant}"?`
  return [`there is no option "${name}"; ${hint}`, name]
}

/** Whether an option of calls stands in the options of a cast, and says nothing. */
function isLeftOut(options: object, name: string, isCast: boolean): boolean {
  return isCast && Object.hasOwn(NOT_FOR_CASTS, name) && (options as Record<string, unknown>)[name] === undefined
}

function mistyped({ timeout, priority, key, signal, onProgress, idempotent }: CallOptions): Fault | undefined {
  const isTime = typeof timeout === 'number' && timeout >= 0
  if (timeout !== undefined && !isTime)
    return [`expected milliseconds >= 0 or Infinity, got ${showValue(timeout)}`, 'timeout']
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    return [`expected a number, got ${showValue(priority)}`, 'priority']
  }
  if (signal !== undefined && !isSignal(signal)) return [`expected an AbortSignal, got ${showValue(signal)}`, 'signal']
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    return [`expected a function, got ${showValue(onProgress)}`, 'onProgress']
  }
  if (typeof key === 'object') {
    const fault = faultOfKey(key)
    if (fault !== undefined) return [fault, 'key']
  }
  if (idempotent === undefined || typeof idempotent === 'boolean') return undefined
  return [`expected true or false, got ${showValue(idempotent)}`, 'idempotent']
}

function faultOfKey(key: unknown): string | undefined {
  try {
    keyId(key)
    return undefined
  } catch (cause) {
    return `it ${whyNotAKey(cause)}`
  }
}

function isSignal(value: unknown): boolean {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>
  const hasListeners = typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  return typeof aborted === 'boolean' && hasListeners
}

function wrong(pool: string, message: string, option?: string): OptionsError {
  const what = option === undefined ? 'The options' : `The option "${option}"`
  const are = option === undefined ? 'are' : 'is'
  return new OptionsError(`${what} of a message to remote pool "${pool}" ${are} wrong: ${sentence(message)}`, [
    { path: option === undefined ? [] : [option], message },
  ])
}
