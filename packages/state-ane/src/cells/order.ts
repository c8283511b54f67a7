/*
 * The order of keys. A recipe that deletes a key and sets it again puts it at the end, as a cache does with what was used last. Immer's
 * patches do not say so: in a copy, the key would stay where it was. To remove a key and to add it again does.
 */

/** The keys of a map or an object, or the items of a set, that stand in the order in which they came. */
export function orderIn(part: object): readonly unknown[] {
  return part instanceof Map ? [...part.keys()] : part instanceof Set ? [...part] : namesOf(part)
}

/** The indexes of an object stand before its other keys, sorted. */
function namesOf(object: object): readonly string[] {
  const keys = Object.keys(object)
  return keys.length > 0 && isIndex(keys[0] as string) ? keys.filter((key) => !isIndex(key)) : keys
}

/**
 * Which keys of `from` have to be removed and added again, together with those that are new, to have the order of `to`. They are all
 * behind the others there. Takes time by the number of keys.
 */
export function movedKeys<K>(from: readonly K[], to: readonly K[]): ReadonlySet<K> {
  const same = sameStart(from, to)
  if (same === from.length || same === to.length) return new Set()
  const places = new Map(from.map((key, place) => [key, place]))
  const moved = to.slice(stayingOf(places, to, same))
  return new Set(moved.filter((key) => places.has(key)))
}

function sameStart<K>(from: readonly K[], to: readonly K[]): number {
  const shorter = Math.min(from.length, to.length)
  let same = 0
  while (same < shorter && Object.is(from[same], to[same])) same++
  return same
}

/** How many keys of `to` stand in the same order as before, if those between them are removed. */
function stayingOf<K>(places: ReadonlyMap<K, number>, to: readonly K[], same: number): number {
  let last = -1
  for (let at = same; at < to.length; at++) {
    const place = places.get(to[at] as K)
    if (place === undefined || place < last) return at
    last = place
  }
  return to.length
}

/** Whether objects sort it as a number: the largest is 2 ** 32 - 2. */
function isIndex(key: string): boolean {
  return String(Number(key) >>> 0) === key && key !== '4294967295'
}
