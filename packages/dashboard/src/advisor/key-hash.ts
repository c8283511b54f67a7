import { createHash, randomBytes } from 'node:crypto'

/** So many keys are remembered with their hash: a hash costs a microsecond. */
const MOST_KEYS = 10_000
const LENGTH = 10

/** Turns keys into hashes: equal keys are equal in one recording, and cannot be guessed from it or compared with others. */
export class KeyHash {
  readonly #salt = randomBytes(16)
  readonly #known = new Map<unknown, string>()

  of(key: unknown): string {
    if (key === undefined) return ''
    let hash = this.#known.get(key)
    if (hash === undefined) {
      if (this.#known.size >= MOST_KEYS) this.#known.clear()
      hash = createHash('sha256').update(this.#salt).update(textOf(key)).digest('base64url').slice(0, LENGTH)
      this.#known.set(key, hash)
    }
    return hash
  }
}

/** Keys are compared as in a map: 1 and "1" differ. */
function textOf(key: unknown): string {
  try {
    return `${typeof key} ${String(key)}`
  } catch {
    return typeof key
  }
}
