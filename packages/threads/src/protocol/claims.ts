/**
 * What owner and thread agree about a job, in one word of shared memory: each step is one atomic operation, so that exactly one of
 * them decides.
 *
 * ```
 * queued ──thread: claim──▶ running ──thread: commit──▶ committed
 *    └──owner: revoke──▶ revoked  ├──owner: cancel──▶ cancelled
 *                                 └──thread: commit without a next state──▶ finished
 *
 * committed ──owner: the commit has come to nothing──▶ running
 * ```
 *
 * A job whose memory was moved is `taken` instead of queued: no other thread can have it. It is claimed in the same way, and its owner
 * takes it back only when its caller gives up.
 *
 * The word holds the number of the job as well: a word that serves the next job is never taken for that of the one before.
 */
const QUEUED = 1
const RUNNING = 2
export const CANCELLED = 3
export const COMMITTED = 4
export const REVOKED = 5
/** It has changed nothing, and its answer is on its way. */
const FINISHED = 6
/** Given for good, and not begun. */
export const TAKEN = 7

/** Words in memory that two threads share. */
export interface Words {
  load(place: number): number
  store(place: number, value: number): void
  /** Writes `next` if the word is `expected`. Returns what it was before. */
  compareExchange(place: number, expected: number, next: number): number
}

/** A job: its number, and the place of its word. */
export interface Claimed {
  readonly id: number
  readonly place: number
}

const NUMBERS = 2 ** 27

function word({ id }: Claimed, state: number): number {
  return (id % NUMBERS) * 8 + state
}

function moves(words: Words, job: Claimed, from: number, to: number): boolean {
  const expected = word(job, from)
  return words.compareExchange(job.place, expected, word(job, to)) === expected
}

/** Whether the job is in this state. */
export function isIn(words: Words, job: Claimed, state: number): boolean {
  return words.load(job.place) === word(job, state)
}

// --- the owner ---

/** Offers a job to the thread. `taken`: it cannot be given to another thread. */
export function offer(words: Words, job: Claimed, taken = false): void {
  words.store(job.place, word(job, taken ? TAKEN : QUEUED))
}

/** Takes a job back. True: it has not begun, and never will. */
export function revoke(words: Words, job: Claimed): boolean {
  return moves(words, job, QUEUED, REVOKED)
}

/** The caller of a job that was given for good gives up. True: it has not begun, and never will. */
export function withdraw(words: Words, job: Claimed): boolean {
  return moves(words, job, TAKEN, REVOKED)
}

/** The caller no longer waits for a running job. True: it does not commit any more. */
export function cancel(words: Words, job: Claimed): boolean {
  return moves(words, job, RUNNING, CANCELLED) || moves(words, job, TAKEN, CANCELLED)
}

/** A commit that is made by the owner has come to nothing: the thread makes it again. */
export function uncommit(words: Words, job: Claimed): void {
  moves(words, job, COMMITTED, RUNNING)
}

/** Whether the thread has begun the job. */
export function hasBegun(words: Words, job: Claimed): boolean {
  const state = words.load(job.place) - word(job, 0)
  return state === RUNNING || state === CANCELLED || state === COMMITTED || state === FINISHED
}

/** Whether its caller cannot give up any more. */
export function isDecided(words: Words, job: Claimed): boolean {
  return isIn(words, job, COMMITTED) || isIn(words, job, FINISHED)
}

// --- the thread ---

/** Begins a job. False: it was taken back, and must not run. */
export function claim(words: Words, job: Claimed): boolean {
  return moves(words, job, QUEUED, RUNNING) || moves(words, job, TAKEN, RUNNING)
}

/**
 * The last step before a commit, or before an answer without one. False: the caller no longer waits, and nothing may be committed.
 * It may be asked again.
 *
 * @param changes whether there is a next state
 */
export function commit(words: Words, job: Claimed, changes = true): boolean {
  if (!changes) return moves(words, job, RUNNING, FINISHED) || isDecided(words, job)
  return moves(words, job, RUNNING, COMMITTED) || moves(words, job, FINISHED, COMMITTED) || isIn(words, job, COMMITTED)
}
