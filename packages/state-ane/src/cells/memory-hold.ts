import { type CellKey, ConflictError } from '../errors'
import type { Recipe, SyncHold } from './cell'
import type { Turns } from './turns'

/** What a hold needs of the cell that it holds. */
export interface HeldCell<S> {
  readonly key: CellKey
  /** `update` without the check for a hold. */
  applyRecipe(recipe: Recipe<S>): S
  /** `compareAndSet` without the check for a hold. */
  applyValue(version: number, next: S): boolean
}

/** The hold of a cell in memory: it commits at once, and nobody else does before it is released. */
export class MemoryHold<S> implements SyncHold<S> {
  constructor(
    private readonly cell: HeldCell<S>,
    private readonly turns: Turns<MemoryHold<S>>,
  ) {}

  update(recipe: Recipe<S>): S {
    this.check()
    return this.cell.applyRecipe(recipe)
  }

  compareAndSet(version: number, next: S): boolean {
    this.check()
    return this.cell.applyValue(version, next)
  }

  release(): void {
    this.turns.give(this)
  }

  /** @throws {ConflictError} if it was released, {StoppedError} if the cell was destroyed */
  check(): void {
    if (!this.turns.has(this)) throw this.turns.closed ?? new ConflictError(this.cell.key, 'released')
  }
}
