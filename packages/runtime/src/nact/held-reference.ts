import type { Reference } from './internals'

/** Sees a message that was sent to a held address. Returns true to keep it, false to pass it on to the actor. */
export type Hold = (message: unknown, sender: unknown) => boolean

/**
 * Wraps an actor's address so that `hold` sees each message first and may keep it.
 *
 * It looks like the wrapped address, and a copy of it, for example with JSON, is the plain address.
 */
export function heldReference(reference: Reference, hold: Hold): Reference {
  const parts = [...reference.path.parts]
  // nact finds an actor with `parts.reduce(child of parent, system)`: this `reduce` returns the wrapper instead.
  const find = parts.reduce.bind(parts) as (...args: unknown[]) => { dispatch(...args: unknown[]): void } | undefined
  const reduce = (...args: unknown[]): unknown => ({
    dispatch(message: unknown, sender: unknown) {
      if (!hold(message, sender)) find(...args)?.dispatch(message, sender)
    },
  })
  Object.defineProperty(parts, 'reduce', { value: reduce })
  const path = Object.create(Object.getPrototypeOf(reference.path) as object, {
    ...Object.getOwnPropertyDescriptors(reference.path),
    parts: { value: parts, enumerable: true },
  }) as Reference['path']
  return Object.assign(Object.create(Object.getPrototypeOf(reference) as object) as Reference, reference, { path })
}
