import { textOf } from '@genpool/runtime'

/** Returns the `type` of a message; undefined if it has none. */
export function typeOfMessage(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return undefined
  try {
    return (message as { type?: unknown }).type
  } catch {
    // A getter or a proxy of the sender threw. The message is refused, and the sender's dispatch does not throw.
    return undefined
  }
}

/** Describes a message for an error: by its type, or by its kind of value. */
export function describeMessage(message: unknown): string {
  const type = typeOfMessage(message)
  if (typeof type === 'string') return `"${type}"`
  if (message === undefined || message === null) return `${message}`
  if (typeof message === 'string') return `the string "${message.slice(0, 40)}"`
  if (typeof message === 'function') return 'that is a function'
  if (typeof message !== 'object') return `the ${typeof message} ${textOf(message).slice(0, 40)}`
  try {
    const keys = Object.keys(message).slice(0, 8)
    return keys.length === 0 ? 'an object without properties' : `an object with the properties ${keys.join(', ')}`
  } catch {
    return 'an object that cannot be read'
  }
}
