import type { Cell, Hold } from '../cells/cell'

/** What the holds of a replica need of its session. */
export interface SessionHoldsPorts {
  /** Resolves when a commit of this replica is written; null if none is being written. */
  written(): PromiseLike<void> | null
  /** Sends what others have committed. */
  update(): void
  send(message: readonly ['held', id: number] | readonly ['notHeld', id: number, error: unknown]): void
}

/** The holds that one replica has on the cell, by the numbers that it gave them. */
export class SessionHolds<S> {
  readonly #all = new Map<number, Hold<S>>()
  #isClosed = false

  constructor(
    private readonly cell: Pick<Cell<S>, 'hold'>,
    private readonly ports: SessionHoldsPorts,
  ) {}

  /** Undefined if the replica does not have it: the number is 0, it was released, or it is not the replica's turn yet. */
  get(id: number): Hold<S> | undefined {
    return this.#all.get(id)
  }

  /** Takes the cell when it is free, and says so to the replica after all that was committed before. */
  async take(id: number): Promise<void> {
    const { ports } = this
    try {
      const hold = await this.cell.hold()
      for (let written; (written = ports.written()) !== null;) await written
      if (this.#isClosed) return hold.release()
      this.#all.set(id, hold)
      ports.update()
      ports.send(['held', id])
    } catch (error) {
      ports.send(['notHeld', id, error])
    }
  }

  /** Takes one out, for its release; undefined if there is none of this number. */
  remove(id: number): Hold<S> | undefined {
    const hold = this.#all.get(id)
    this.#all.delete(id)
    return hold
  }

  /** The replica is gone: releases all. One that is taken later is released at once. */
  close(): void {
    this.#isClosed = true
    for (const hold of this.#all.values()) hold.release()
    this.#all.clear()
  }
}
