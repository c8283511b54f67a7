import { isDraft, original } from 'immer'
import type { Recipe, Writer } from '../cells/cell'
import { isPromise, type MaybePromise } from '../cells/maybe-promise'
import { STALE } from '../groups/stale'
import type { PatchLog } from './patch-log'
import { redo } from './redo'
import type { Left } from './session-view'
import { type Commit, type FailedWrite, type SessionWrite, SessionWrites } from './session-writes'

/** What commits need of their session. */
export interface SessionCommitsPorts<S> {
  /** What the replica has. */
  seen(): S
  /** The last moment before a commit. Returns an error to refuse it. */
  admit(tag: unknown): Error | undefined
  /** One is done. Called in the order in which they came. */
  done(commit: Commit, left: Left<S>): void
  /** These have failed, the first of them first. */
  failed(all: readonly FailedWrite[]): void
}

/** Makes the commits of one replica in the cell, each of the very value that its patches were made from. */
export class SessionCommits<S> {
  /** The one that the cell is making now, at once: its watchers may end what it is for. */
  #inHand: Commit | null = null
  readonly #writes: SessionWrites<S>

  constructor(
    private readonly log: PatchLog<S>,
    private readonly ports: SessionCommitsPorts<S>,
  ) {
    this.#writes = new SessionWrites<S>(ports)
  }

  /** Whether some are being written. */
  get isWriting(): boolean {
    return !this.#writes.isEmpty
  }

  /** Resolves when all have ended that are being written now. */
  get ended(): Promise<void> {
    return this.#writes.ended
  }

  /** The tags of those that are being written. */
  get written(): readonly unknown[] {
    return (this.#inHand === null ? this.#writes.commits : [this.#inHand]).map(([, , , , , tag]) => tag)
  }

  /** Whether another one can be written through `writer` together with those that are. */
  mayJoin(writer: Writer<S>): boolean {
    return !this.#writes.hasFailed && writer.replay !== undefined
  }

  /** @param writer the cell, or a hold of it. @returns a promise if the cell is slow, and writes nothing together */
  make(writer: Writer<S>, commit: Commit): MaybePromise<void> {
    if (writer.replay !== undefined) return this.#replay(writer as Replaying<S>, commit)
    try {
      const written = this.#change(writer, commit)
      if (!isPromise(written)) return this.ports.done(commit, { value: written, version: this.log.versionOf(written) })
      return this.#wait(this.#begin(commit), withVersion(written, this.log))
    } catch (error) {
      return this.ports.failed([{ commit, error }])
    }
  }

  /** Written together with those before and after it. */
  #replay(writer: Replaying<S>, commit: Commit): void {
    const [, , , , patches, tag] = commit
    const write = this.#begin(commit)
    const written = writer.replay({
      patches,
      recipe: (draft) => redo(draft, patches),
      admit: (base) => {
        write.mustFit(base)
        this.#mustAdmit(tag)
      },
      leads: (next) => write.leads(next),
    })
    void this.#wait(write, written)
  }

  #begin(commit: Commit): SessionWrite<S> {
    this.log.keepsValues = true
    return this.#writes.begin(commit, this.ports.seen())
  }

  async #wait(write: SessionWrite<S>, written: PromiseLike<Left<S>>): Promise<void> {
    try {
      this.#writes.end(write, await written)
    } catch (error) {
      this.#writes.end(write, { error })
    }
  }

  #change(writer: Writer<S>, commit: Commit): MaybePromise<S> {
    this.#inHand = commit
    try {
      return this.#patch(writer, commit) ?? writer.update(this.#recipe(commit))
    } finally {
      this.#inHand = null
    }
  }

  /** Undefined if it takes a recipe. */
  #patch(writer: Writer<S>, [, , , , patches, tag]: Commit): S | undefined {
    const { cell } = this.log
    if (writer !== cell || cell.patch === undefined || cell.held) return undefined
    this.#mustAdmit(tag)
    return cell.patch(patches)
  }

  #recipe([, , , , patches, tag]: Commit): Recipe<S> {
    const seen = this.ports.seen()
    return (draft) => {
      const base: unknown = isDraft(draft) ? original(draft) : draft
      if (!Object.is(base, seen)) throw STALE
      this.#mustAdmit(tag)
      return redo(draft, patches)
    }
  }

  #mustAdmit(tag: unknown): void {
    const refusal = this.ports.admit(tag)
    if (refusal !== undefined) throw refusal
  }
}

type Replaying<S> = Writer<S> & Required<Pick<Writer<S>, 'replay'>>

async function withVersion<S>(written: PromiseLike<S>, log: PatchLog<S>): Promise<Left<S>> {
  const value = await written
  return { value, version: log.versionOf(value) }
}
