import type { Cell } from '@genpool/state-ane'
import { PatchLog } from '@genpool/state-ane'

/** The state that all members of a pool share, as its threads follow it. */
export class SharedState {
  readonly log: PatchLog<unknown>
  readonly #followers = new Set<() => void>()

  constructor(readonly cell: Cell<unknown>) {
    this.log = new PatchLog(cell, () => {
      for (const changed of this.#followers) changed()
    })
  }

  /** @param changed called after each commit */
  follow(changed: () => void): void {
    this.#followers.add(changed)
  }

  /** Returns whether nobody follows it any more. */
  leave(changed: () => void): boolean {
    this.#followers.delete(changed)
    if (this.#followers.size > 0) return false
    this.log.close()
    return true
  }
}
