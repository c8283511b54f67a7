import type { Hold, Recipe } from '../cells/cell'
import { checkVersion } from '../cells/check-version'
import type { MaybePromise } from '../cells/maybe-promise'
import { produceWithPatches } from '../cells/produce'
import { type CellKey, ConflictError } from '../errors'
import { asElsewhere } from './crossing'
import type { Change } from './entry'
import { mustHaveNoProtoName } from '../cells/proto-name'

/** The cell, as a hold commits to it. */
export interface HoldWriter<S> {
  readonly key: CellKey
  value(): S
  version(): number
  changeTo(next: S): Change<S> | null
  /** Returns the number of the commit. */
  send(change: Change<S>): number
  release(): void
}

interface Pending<S> {
  readonly seq: number
  readonly next: S
  resolve(): void
  reject(error: unknown): void
}

/** The exclusive right of a replica to commit. The value that it has is the latest one meanwhile. */
export class ReplicaHold<S> implements Hold<S> {
  #isReleased = false
  #pending: Pending<S> | null = null

  constructor(
    readonly id: number,
    private readonly answer: { granted(): void; refused(error: unknown): void },
    private readonly cell: HoldWriter<S>,
  ) {}

  update(recipe: Recipe<S>): MaybePromise<S> {
    this.#check()
    const base = this.cell.value()
    const [next, patches] = produceWithPatches(this.cell.key, base, recipe)
    mustHaveNoProtoName(this.cell.key, patches)
    const there = asElsewhere(base, next, patches)
    return Object.is(base, there) ? there : this.#commit({ next: there, patches })
  }

  compareAndSet(version: number, next: S): MaybePromise<boolean> {
    this.#check()
    checkVersion('compareAndSet', version)
    if (version !== this.cell.version()) return false
    const change = this.cell.changeTo(next)
    return change === null || this.#commit(change).then(() => true)
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.cell.release()
  }

  #commit(change: Change<S>): Promise<S> {
    return new Promise((resolve, reject) => {
      const { next } = change
      this.#pending = { seq: this.cell.send(change), next, resolve: () => resolve(next), reject }
    })
  }

  #check(): void {
    if (this.#isReleased) throw new ConflictError(this.cell.key, 'released')
  }

  // --- what the owner says ---

  granted(): void {
    this.answer.granted()
  }

  notHeld(error: unknown): void {
    this.#isReleased = true
    this.answer.refused(error)
  }

  /** Returns the value that its commit has led to, if it was among those up to `seq`. */
  committed(seq: number): { readonly value: S } | undefined {
    const pending = this.#pending
    if (pending === null || pending.seq > seq) return undefined
    this.#pending = null
    pending.resolve()
    return { value: pending.next }
  }

  refused(seq: number, error: unknown): void {
    if (this.#pending?.seq === seq) this.#fail(error)
  }

  /** Somebody has committed although it holds the cell: a store whose holds do not count everywhere. */
  lost(): void {
    if (this.#pending !== null) this.#fail(new ConflictError(this.cell.key, 'stale'))
  }

  #fail(error: unknown): void {
    const pending = this.#pending
    this.#pending = null
    pending?.reject(error)
  }
}
