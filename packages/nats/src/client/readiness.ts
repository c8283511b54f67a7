interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Those who want to know when a node is found. Each of them is told: that there is one, or why there will be none. */
export class Readiness {
  readonly #waiting: Waiting[] = []

  get waiting(): number {
    return this.#waiting.length
  }

  wait(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  found(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** No node will be found. */
  ends(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
