import { call, type CallOptions, isGenPoolError } from '@genpool/core'
import type { RemotePoolRef } from '@genpool/nats'

/** What became of one call. */
export interface Outcome {
  readonly id: number
  readonly ok: boolean
  readonly tookMs: number
  readonly error: unknown
}

let nextId = 0

/** Keeps so many calls in flight until `stop`, and keeps what became of each. */
export class Load {
  readonly outcomes: Outcome[] = []
  /** How many were begun. */
  begun = 0
  #stopped = false
  readonly #callers: Promise<void>[]

  constructor(
    private readonly pool: RemotePoolRef,
    inFlight: number,
    private readonly options: CallOptions & { readonly type?: string } = {},
  ) {
    this.#callers = Array.from({ length: inFlight }, () => this.#run())
  }

  get failures(): Outcome[] {
    return this.outcomes.filter(({ ok }) => !ok)
  }

  /** The errors by code, and for those that are unreachable by whether they may have run. */
  get codes(): Record<string, number> {
    const codes: Record<string, number> = {}
    for (const { error } of this.failures) {
      const known = isGenPoolError(error) ? error.code : String(error)
      const code = isGenPoolError(error, 'ERR_GENPOOL_UNREACHABLE') ? `${known} ${error.mayHaveRun}` : known
      codes[code] = (codes[code] ?? 0) + 1
    }
    return codes
  }

  /** Resolves when so many more calls have an outcome. */
  async more(count: number): Promise<void> {
    const wanted = this.outcomes.length + count
    while (this.outcomes.length < wanted) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async stop(): Promise<this> {
    this.#stopped = true
    await Promise.all(this.#callers)
    return this
  }

  async #run(): Promise<void> {
    const { type = 'work', ...options } = this.options
    while (!this.#stopped) {
      const id = nextId++
      const begun = performance.now()
      this.begun++
      const done = (ok: boolean, error?: unknown): void =>
        void this.outcomes.push({ id, ok, error, tookMs: performance.now() - begun })
      await call(this.pool as never, { type, id } as never, options).then(
        (value: unknown) => done(value === id, value === id ? undefined : new Error(`it answered ${String(value)}`)),
        (error: unknown) => done(false, error),
      )
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Ids that stand more than once in a list. */
export function repeated(ids: readonly number[]): number[] {
  const seen = new Set<number>()
  return ids.filter((id) => seen.size === seen.add(id).size)
}
