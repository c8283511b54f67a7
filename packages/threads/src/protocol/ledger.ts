import * as claims from './claims'
import { PLACES } from './shared-words'

/** A job that a thread was given. */
export class Given<J> implements claims.Claimed {
  /** Whether its beginning was reported. */
  reported = false
  /** Whether it was reported that its handler is called. */
  attempted = false
  /** What stood where the thread writes when it begins it, for one that was given for good or reported before. */
  startBefore: number | null = null

  constructor(
    readonly job: J,
    readonly id: number,
    readonly place: number,
    /** The numbers of the other messages of its batch. */
    readonly companions: readonly number[],
  ) {}
}

/**
 * The owner's side of the claims of one thread: which jobs it has, and what is certain about them.
 *
 * Knows no thread and no transport. `J` is the job.
 */
export class Ledger<J extends object> {
  /**
   * In the order in which they were given. A thread ends them in about the same order: what is looked for is near the front. No maps:
   * V8 keeps what was deleted from a map until a collection of the whole heap, if an earlier table of it has become old.
   */
  readonly #all: Given<J>[] = []
  readonly #free = Array.from({ length: PLACES }, (_, i) => PLACES - 1 - i)
  #lastId = 0

  /** @param nextId gives a number that no earlier job of this thread had */
  constructor(
    private readonly words: claims.Words,
    readonly nextId: () => number = () => ++this.#lastId,
  ) {}

  get size(): number {
    return this.#all.length
  }

  /** In the order in which they were given. Copy it to end some on the way. */
  get all(): Iterable<Given<J>> {
    return this.#all
  }

  /** The one that runs now, or is next: its end has not been heard of. */
  get first(): Given<J> | undefined {
    return this.#all[0]
  }

  of(job: J): Given<J> | undefined {
    const all = this.#all
    for (let i = 0; i < all.length; i++) if (all[i]?.job === job) return all[i]
    return undefined
  }

  byId(id: number): Given<J> | undefined {
    const all = this.#all
    for (let i = 0; i < all.length; i++) if (all[i]?.id === id) return all[i]
    return undefined
  }

  /** Gives a job. `taken`: for good, it cannot go to another thread. */
  give(job: J, taken: boolean, companions: readonly number[] = []): Given<J> {
    const given = new Given(job, this.nextId(), this.#free.pop() as number, companions)
    claims.offer(this.words, given, taken)
    this.#all.push(given)
    return given
  }

  /** The caller of a job gives up. True: it will not commit. False: it has, and its answer is on its way. */
  giveUp(job: J): boolean {
    const given = this.of(job)
    if (given === undefined || claims.revoke(this.words, given)) return true
    // One whose beginning was reported has to end with a report of its thread.
    if (!given.reported && claims.withdraw(this.words, given)) return true
    if (claims.cancel(this.words, given)) return true
    return !claims.isDecided(this.words, given)
  }

  /** Takes a job back. True: it has not begun and never will. */
  revoke(job: J): boolean {
    const given = this.of(job)
    if (given === undefined) return false
    if (!claims.revoke(this.words, given) && !claims.isIn(this.words, given, claims.REVOKED)) return false
    this.end(given)
    return true
  }

  /** The caller of a running job no longer waits. */
  cancel(job: J): Given<J> | undefined {
    const given = this.of(job)
    if (given !== undefined) claims.cancel(this.words, given)
    return given
  }

  hasBegun(given: Given<J>): boolean {
    return claims.hasBegun(this.words, given)
  }

  /** Whether it was given for good, and has not begun. */
  isTaken(given: Given<J>): boolean {
    return claims.isIn(this.words, given, claims.TAKEN)
  }

  /** Whether its handler has returned, and its answer is on its way. */
  isDecided(given: Given<J>): boolean {
    return claims.isDecided(this.words, given)
  }

  #hadBegun(given: Given<J>): boolean {
    return !claims.revoke(this.words, given) && !claims.isIn(this.words, given, claims.REVOKED)
  }

  /** The last step before a commit that is made here. False: the caller no longer waits. */
  commits(given: Given<J>): boolean {
    return claims.commit(this.words, given)
  }

  /** The commit that was made here has come to nothing. */
  uncommit(given: Given<J>): void {
    claims.uncommit(this.words, given)
  }

  /** Whether it has committed a next state. */
  hasCommitted(given: Given<J>): boolean {
    return claims.isIn(this.words, given, claims.COMMITTED)
  }

  /** The thread has ended a job: forgets it. */
  end(given: Given<J>): void {
    const at = this.#all.indexOf(given)
    if (at >= 0) this.#all.splice(at, 1)
    this.#free.push(given.place)
  }

  /** The thread is gone. Returns the jobs that had begun; all others never will. */
  died(): readonly Given<J>[] {
    const begun = this.#all.filter((given) => this.#hadBegun(given))
    this.#all.length = 0
    return begun
  }
}
