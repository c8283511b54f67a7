/** The calls that share runs. A run has the number of the task whose message it has: that of its first caller. */
export class SharedTasks {
  /** The run of each key that others join. */
  readonly #open = new Map<string, number>()
  /** Who waits for each run. */
  readonly #waiting = new Map<number, Set<number>>()

  /** A call with this key. Returns whether it joins a run; otherwise it begins one. */
  joins(id: number, key: string): boolean {
    const run = this.#open.get(key)
    if (run === undefined) {
      this.#open.set(key, id)
      this.#waiting.set(id, new Set([id]))
      return false
    }
    this.#waiting.get(run)?.add(id)
    return true
  }

  /** Whether somebody waits for this run who is not its first caller. */
  isWanted(run: number): boolean {
    return [...(this.#waiting.get(run) ?? [])].some((id) => id !== run)
  }

  /** A caller has its outcome. Returns the run if nobody waits for it any more. */
  leave(id: number): number | undefined {
    for (const [run, callers] of this.#waiting) {
      if (!callers.delete(id)) continue
      if (callers.size > 0) return undefined
      this.ends(run)
      return run
    }
    return undefined
  }

  /** A run has ended: the next call begins another one. */
  ends(run: number): void {
    for (const [key, open] of this.#open) if (open === run) this.#open.delete(key)
    if (this.#waiting.get(run)?.size === 0) this.#waiting.delete(run)
  }
}
