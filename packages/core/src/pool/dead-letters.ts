import type { GenPoolError } from '@genpool/runtime'
import type { Callbacks } from './callbacks'
import type { Listeners } from './listeners'
import type { LiveSettings } from './settings'

/** A message that was lost without a caller to tell, or that crashed too many members. */
export interface DeadLetter {
  /** The name of the pool. */
  readonly pool: string
  readonly message: unknown
  readonly error: GenPoolError
}

/** What the dead letters of a pool need. */
export interface DeadLetterPorts {
  readonly name: string
  readonly listeners: Listeners
  readonly callbacks: Callbacks
  readonly settings: LiveSettings
}

/** Where the lost messages of one pool go: to `onDrop`, and to the watchers. */
export class DeadLetters {
  count = 0
  /** Made with the first watcher. */
  #watchers: Set<(letter: DeadLetter) => void> | null = null

  constructor(private readonly ports: DeadLetterPorts) {}

  watch(watcher: (letter: DeadLetter) => void): () => void {
    // Wrapped, so that a function that watches twice is told twice and leaves once.
    const own = (letter: DeadLetter): void => watcher(letter)
    const watchers = (this.#watchers ??= new Set())
    watchers.add(own)
    return () => void watchers.delete(own)
  }

  add(message: unknown, error: GenPoolError): void {
    const { name: pool, listeners, callbacks } = this.ports
    this.count++
    for (const listener of listeners.letterDied) listener.letterDied(message, error)
    const { onDrop } = this.ports.settings.current
    const watchers = this.#watchers
    if (onDrop === undefined && (watchers === null || watchers.size === 0)) return
    const letter: DeadLetter = { pool, message, error }
    if (onDrop !== undefined) callbacks.tell(() => onDrop(letter), 'onDrop')
    for (const watcher of watchers ?? []) {
      callbacks.tell(() => (watchers?.has(watcher) === true ? watcher(letter) : undefined), 'A watcher of dead letters')
    }
  }
}
