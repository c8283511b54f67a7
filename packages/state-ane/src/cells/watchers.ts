import type { Patch } from 'immer'
import { callSafely, checkFunction } from '@genpool/runtime'
import type { Watcher } from './cell'

interface Change<S> {
  readonly value: S
  readonly version: number
  readonly patches: readonly Patch[]
  readonly inverse: readonly Patch[]
}

interface Entry<S> {
  readonly watcher: Watcher<S>
  /** The version when it was added. It hears only of later ones. */
  since: number
}

/**
 * The watchers of a cell.
 *
 * Changes are queued. When a watcher commits, the other watchers still see the first change before the second.
 */
export class Watchers<S> {
  readonly #entries = new Set<Entry<S>>()
  #changes: Change<S>[] = []
  #telling = false

  /** @param onError gets what a watcher throws or rejects with; the other watchers are told all the same */
  constructor(private readonly onError: (error: unknown) => void) {}

  get size(): number {
    return this.#entries.size
  }

  /** @throws {OptionsError} if a user gave something that is no function; nothing is added */
  add(watcher: Watcher<S>, since: number): () => void {
    checkFunction({ of: 'watch of a cell', argument: 'watcher' }, watcher)
    const entry: Entry<S> = { watcher, since }
    this.#entries.add(entry)
    return () => void this.#entries.delete(entry)
  }

  /** Versions count from here again: somebody has brought an older one back. */
  startAt(version: number): void {
    for (const entry of this.#entries) entry.since = Math.min(entry.since, version)
  }

  push(change: Change<S>): void {
    this.#changes.push(change)
  }

  /** Calls the watchers for the queued changes. Inside a watcher it does nothing: the outer call handles the new change. */
  flush(): void {
    if (this.#telling) return
    this.#telling = true
    for (let i = 0; i < this.#changes.length; i++) this.#tell(this.#changes[i] as Change<S>)
    this.#changes = []
    this.#telling = false
  }

  clear(): void {
    this.#entries.clear()
  }

  #tell({ value, version, patches, inverse }: Change<S>): void {
    for (const { watcher, since } of this.#entries) {
      if (version > since) callSafely(() => watcher(value, version, patches, inverse), this.#report)
    }
  }

  /** A user gave `onError`, so it may throw, too. */
  readonly #report = (error: unknown): void => callSafely(() => this.onError(error), rethrowLater)
}

/** Lets an error of a watcher surface as an uncaught exception, as Node's event targets do, after the commit is done. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
