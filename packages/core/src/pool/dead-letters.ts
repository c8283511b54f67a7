import { type GenPoolError } from '@genpool/runtime'
import { letterDead } from '../telemetry/channels'
import { ofPool } from '../telemetry/payloads'
import type { Pool } from './pool'

/** A message that nobody served and whose sender is not told, or one that crashed too many members. */
export interface DeadLetter {
  /** The name of the pool. */
  readonly pool: string
  readonly message: unknown
  readonly error: GenPoolError
}

/** Where the lost messages of one pool go: to `onDrop`, and to whoever watches. */
export class DeadLetters {
  count = 0
  readonly #watchers = new Set<(letter: DeadLetter) => void>()

  constructor(private readonly pool: Pool) {}

  watch(watcher: (letter: DeadLetter) => void): () => void {
    // Wrapped, so that a function that watches twice is told twice and leaves once.
    const own = (letter: DeadLetter): void => watcher(letter)
    this.#watchers.add(own)
    return () => void this.#watchers.delete(own)
  }

  add(message: unknown, error: GenPoolError): void {
    this.count++
    if (letterDead.hasSubscribers) letterDead.publish({ ...ofPool(this.pool), message, error })
    const { onDrop } = this.pool.options
    if (onDrop === undefined && this.#watchers.size === 0) return
    const letter: DeadLetter = { pool: this.pool.name, message, error }
    if (onDrop !== undefined) this.pool.guard(() => onDrop(letter))
    for (const watcher of [...this.#watchers]) this.pool.guard(() => watcher(letter))
  }
}
