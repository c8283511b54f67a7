/** Reads something of a user's value. A getter or a proxy may throw anything: then the result is `otherwise`. */
export function readSafely<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
