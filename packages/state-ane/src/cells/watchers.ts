import type { Patch } from 'immer'
import type { Watcher } from './cell'

interface Change<S> {
  readonly value: S
  readonly version: number
  readonly patches: readonly Patch[]
  readonly inverse: readonly Patch[]
}

interface Entry<S> {
  readonly watcher: Watcher<S>
  /** Commits up to this version are not for it: it came later. */
  readonly since: number
}

/**
 * Who is told of a cell's commits.
 *
 * Changes are queued and told one after the other, so a watcher that commits does not let the others see the second
 * change before the first.
 */
export class Watchers<S> {
  readonly #entries = new Set<Entry<S>>()
  #changes: Change<S>[] = []
  #telling = false

  /** @param onError gets what a watcher throws, and must not throw itself; the other watchers are told all the same */
  constructor(private readonly onError: (error: unknown) => void) {}

  get size(): number {
    return this.#entries.size
  }

  add(watcher: Watcher<S>, since: number): () => void {
    const entry: Entry<S> = { watcher, since }
    this.#entries.add(entry)
    return () => void this.#entries.delete(entry)
  }

  push(change: Change<S>): void {
    this.#changes.push(change)
  }

  /** Tells what was pushed. Called from inside a watcher it does nothing: the outer call goes on until all is told. */
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
      if (version <= since) continue
      try {
        watcher(value, version, patches, inverse)
      } catch (error) {
        this.onError(error)
      }
    }
  }
}

/** Lets an error of a watcher surface as an uncaught exception, as Node's event targets do, after the commit is done. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
