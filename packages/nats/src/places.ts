const places = new WeakMap<object, string>()

/** A store keeps its cells there: pools whose stores have one place share their state. */
export function putPlace(store: object, place: string): void {
  places.set(store, place)
}

/** Where a store keeps its cells; undefined if it has them for itself. */
export function placeOf(store: object): string | undefined {
  return places.get(store)
}
