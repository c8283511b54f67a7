import type { Reference } from './internals'

/** Takes a message that was sent to a held address. Returns false to let it go on to the actor. */
export type Hold = (message: unknown, sender: unknown) => boolean

/**
 * An actor's address that lets somebody hold back what is sent to it: `hold` sees each message first.
 *
 * It looks and copies like the address it stands for; a copy (in JSON, say) is the plain address.
 */
export function heldReference(reference: Reference, hold: Hold): Reference {
  const parts = [...reference.path.parts]
  // nact finds an actor by `parts.reduce(child of parent, system)`, which is where it can be stood in for.
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
