/*
 * The order of keys. A recipe that deletes a key and sets it again puts it at the end, as a cache does with what was used last. Immer's
 * patches do not say so: in a copy, the key would stay where it was. To remove a key and to add it again does.
 */

/** Whether an object has keys of another in another order. */
export function movesNames(from: object, to: object): boolean {
  const [before, after] = [Object.keys(from), Object.keys(to)]
  let same = 0
  while (same < before.length && before[same] === after[same]) same++
  if (same === before.length) return false
  return movedKeys(namesIn(before), namesIn(after), (key) => Object.hasOwn(from, key)).length > 0
}

/** The keys of an object that stand in the order in which they came: indexes stand before them, sorted. */
export function namesIn(keys: readonly string[]): readonly string[] {
  return keys.length > 0 && isIndex(keys[0] as string) ? keys.filter((key) => !isIndex(key)) : keys
}

/**
 * Which keys of `from` have to be removed and added again, together with those that are new, to have the order of `to`. They are all
 * behind the others there. Takes time by the number of keys.
 *
 * @param had whether `from` has a key
 */
export function movedKeys<K>(from: readonly K[], to: readonly K[], had: (key: K) => boolean): readonly K[] {
  const staying = stayingOf(from, to)
  return staying === to.length ? [] : to.slice(staying).filter(had)
}

/** How many keys of `to` stand in the same order in `from`, perhaps with others between them. */
function stayingOf<K>(from: readonly K[], to: readonly K[]): number {
  let place = 0
  for (let at = 0; at < to.length; at++, place++) {
    while (place < from.length && !Object.is(from[place], to[at])) place++
    if (place === from.length) return at
  }
  return to.length
}

/** Whether objects sort it as a number: the largest is 2 ** 32 - 2. */
function isIndex(key: string): boolean {
  return String(Number(key) >>> 0) === key && key !== '4294967295'
}
