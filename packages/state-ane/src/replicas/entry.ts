import type { Patch } from 'immer'
import type { Recipe } from '../cells/cell'

/** What becomes of an entry when all before it are confirmed. */
export type Made<S> =
  /** It waits: nothing was made of it yet. */
  | { readonly kind: 'none' }
  /** Sent to the owner, with this number. */
  | { readonly kind: 'sent'; readonly seq: number; readonly next: S }
  /** It changes nothing, or cannot be a commit. */
  | { readonly kind: 'settles'; settle(): void }

const NONE = { kind: 'none' } as const

/** A change that a replica wants to commit. */
export class Entry<S> {
  made: Made<S> = NONE
  /** How many times another commit came first. */
  losses = 0
  /** Of the committed value; of whether it was committed, for a value that was set. */
  readonly promise: Promise<S | boolean>
  private resolve!: (value: S | boolean) => void
  private reject!: (error: unknown) => void

  /**
   * @param recipe null for a value that was set at a version: it is lost when another commit comes first
   * @param tag says whose it is, for the owner
   */
  constructor(
    readonly recipe: Recipe<S> | null,
    readonly tag: unknown,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  committed(next: S): void {
    this.resolve(this.recipe === null ? true : next)
  }

  /** A set value, of which nothing becomes. */
  lost(): void {
    this.resolve(false)
  }

  failed(error: unknown): void {
    this.reject(error)
  }

  forget(): void {
    this.made = NONE
  }
}

/** A change that is made: what it leads to, and how. */
export interface Change<S> {
  readonly next: S
  readonly patches: readonly Patch[]
}
