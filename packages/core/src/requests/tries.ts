/** What the tries of one call with `retry` have come to so far. */
export interface Tries {
  /** How many members its message has crashed. */
  crashes: number
  /** How many times a handler was called for it. */
  attempts: number
}

export const NO_TRIES: Readonly<Tries> = { crashes: 0, attempts: 0 }
