/** Of a longer key, each second character is looked at, then each third and so on. */
const LONG = 16

/** Of a key for which there is no hash. */
export const NO_HASH = -1

// Nobody can know which keys get the same hash.
const START = (Math.random() * 2 ** 32) | 0
const FACTOR = (Math.random() * 2 ** 32) | 1

/** The hash of a string or a small whole number, 30 bits; `NO_HASH` for other keys. */
export function hashOf(key: unknown): number {
  let hash = START
  if (typeof key === 'string') {
    const { length } = key
    const step = 1 + ((length / LONG) | 0)
    hash ^= length
    for (let i = length - 1; i >= 0; i -= step) hash = Math.imul(hash ^ key.charCodeAt(i), FACTOR)
  } else if (typeof key === 'number' && (key | 0) === key) hash = Math.imul(hash ^ key, FACTOR)
  else return NO_HASH
  return (hash ^ (hash >>> 15)) & 0x3fffffff
}
