/**
 * Marks an engine that has not written an event whose `persist` rejects, unless it rejects with an UnknownWrite.
 *
 * Of other engines nobody knows that: a connection may break after the event is stored.
 */
export const CERTAIN: unique symbol = Symbol.for('genpool.certain') as never

export function isCertain(engine: object): boolean {
  return (engine as { [CERTAIN]?: unknown })[CERTAIN] === true
}
