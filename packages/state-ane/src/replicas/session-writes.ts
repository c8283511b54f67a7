import { STALE } from '../groups/stale'
import type { ReplicaMessage } from './replica-messages'

export type Commit = Extract<ReplicaMessage, readonly ['commit', ...unknown[]]>

/** In the place of a value, while a commit leads to none. */
const NONE = Symbol('none')

/** What writes need of their session. */
export interface WritesPorts<S> {
  /** One is written. Called in the order in which they were begun. */
  done(commit: Commit, after: { readonly value: S; readonly version: number }): void
  /** All have ended, and these have failed, the first of them first. */
  failed(all: readonly FailedWrite[]): void
}

/** A commit that came to nothing. It was stale if another one came first, or one before it has failed. */
export interface FailedWrite {
  readonly commit: Commit
  readonly error: unknown
}

/** A commit that its cell is writing. */
export class SessionWrite<S> {
  /** What it led to when it was made last. */
  #next: S | typeof NONE = NONE
  end: { readonly value: S; readonly version: number } | { readonly error: unknown } | null = null

  constructor(
    readonly commit: Commit,
    /** What its patches were made of: what the commit before leads to, if one is being written. */
    private made: { readonly from: S } | SessionWrite<S>,
  ) {}

  /** The commit before is written. It is held no longer: while commits never pause, each would hold all before it. */
  comesNext(): void {
    if (this.made instanceof SessionWrite) this.made = { from: this.made.#next as S }
  }

  /** Nothing is committed yet. May be called again, if what was made came to nothing. @throws if its patches are for another value */
  mustFit(base: S): void {
    this.#next = NONE
    const from = this.made instanceof SessionWrite ? this.made.#next : this.made.from
    if (!Object.is(from, base)) throw STALE
  }

  leads(next: S): void {
    this.#next = next
  }
}

/**
 * The commits of a replica that are being written, each made of what the one before leads to: a store that waits writes all of them
 * at once. If one fails, so do those after it.
 */
export class SessionWrites<S> {
  readonly #all: SessionWrite<S>[] = []
  readonly #failed: FailedWrite[] = []
  #ended: Promise<void> = Promise.resolve()
  #end: () => void = () => undefined

  constructor(private readonly ports: WritesPorts<S>) {}

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  /** Whether one has failed, so that no other can be made of it. */
  get hasFailed(): boolean {
    return this.#failed.length > 0
  }

  get commits(): readonly Commit[] {
    return this.#all.map(({ commit }) => commit)
  }

  /** Resolves when all have ended that are being written now. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** @param seen what the replica has, if nothing is being written */
  begin(commit: Commit, seen: S): SessionWrite<S> {
    if (this.isEmpty) this.#ended = new Promise((resolve) => (this.#end = resolve))
    const write = new SessionWrite<S>(commit, this.#all.at(-1) ?? { from: seen })
    this.#all.push(write)
    return write
  }

  end(write: SessionWrite<S>, end: NonNullable<SessionWrite<S>['end']>): void {
    write.end = end
    for (let first; (first = this.#all[0]) !== undefined && first.end !== null;) {
      this.#all.shift()
      if ('error' in first.end) this.#failed.push({ commit: first.commit, error: first.end.error })
      else {
        this.ports.done(first.commit, first.end)
        this.#all[0]?.comesNext()
      }
    }
    if (!this.isEmpty) return
    if (this.hasFailed) this.ports.failed(this.#failed.splice(0))
    this.#end()
  }
}
