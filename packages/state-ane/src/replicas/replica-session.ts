import { readSafely, wrongArgument } from '@genpool/runtime'
import { holding, type Writer } from '../cells/cell'
import { checkPorts } from '../cells/check-ports'
import type { MaybePromise } from '../cells/maybe-promise'
import { checkCell } from '../cells/wrong-cell'
import { STALE } from '../groups/stale'
import type { PatchLog } from './patch-log'
import type { Refused, ReplicaMessage } from './replica-messages'
import type { SessionPorts } from './session-ports'
import { SessionCommits } from './session-commits'
import { SessionHolds } from './session-holds'
import { SessionQueue } from './session-queue'
import { SessionTurn } from './session-turn'
import { type Left, SessionView } from './session-view'
import type { Commit, FailedWrite } from './session-writes'

/** A replica that waits for its turn gets the commits of others by so many: far fewer than are kept. */
const MOST_BEHIND = 128

/** The messages of a replica. */
const KINDS: ReadonlySet<string> = new Set<ReplicaMessage[0]>(['commit', 'withdraw', 'hold', 'turn', 'release'])

/**
 * The owner's side of a replica that commits: applies what fits on the latest value, and has the replica make the rest again.
 *
 * Patches are applied only to the very value that they were made from: never merged. Knows no thread and no channel.
 */
export class ReplicaSession<S> {
  readonly #view: SessionView<S>
  #isClosed = false
  readonly #commits: SessionCommits<S>
  readonly #queue = new SessionQueue({
    take: (message) => this.#take(message),
    changed: () => this.ports.changed(),
  })
  readonly #holds: SessionHolds<S>
  #turn: SessionTurn | null = null

  constructor(
    private readonly log: PatchLog<S>,
    private readonly ports: SessionPorts<S>,
  ) {
    checkCell(
      'ReplicaSession',
      readSafely(() => log.cell, undefined),
    )
    checkPorts('ReplicaSession', ports, ['send', 'admit', 'committed', 'changed'])
    this.#view = new SessionView(log, (message) => ports.send(message))
    this.#commits = new SessionCommits(log, {
      seen: () => this.#view.value,
      admit: (tag) => ports.admit(tag),
      done: (commit, left) => this.#done(commit, left),
      failed: (all) => this.#failed(all),
    })
    this.#holds = new SessionHolds(log.cell, {
      written: () => this.#written(),
      update: () => this.update(),
      send: (message) => ports.send(message),
    })
  }

  /** Whether commits are being written: it is not known yet whether the latest value has them. */
  get isWriting(): boolean {
    return this.#commits.isWriting
  }

  /** The tags of the commits that are being written. */
  get written(): readonly unknown[] {
    return this.#commits.written
  }

  /** Whether the replica has everything that is committed. */
  get isCurrent(): boolean {
    return this.#view.isCurrent
  }

  /** Why nothing can be read or committed any more: the store of the cell was destroyed. Null while it can. */
  get end(): unknown {
    return this.#view.end
  }

  /** Whether its replica waits for its turn. */
  get awaitsTurn(): boolean {
    return this.#turn?.isWaiting === true
  }

  /**
   * Whether its replica is to be sent each commit of others soon, if it works. One that waits for its turn makes nothing before it, and
   * gets the commits of all with it: to send it each of them took a quarter of the time in a pool of four threads.
   */
  get followsEach(): boolean {
    return !this.awaitsTurn || this.#view.behind >= MOST_BEHIND
  }

  /** Sends what others have committed, so that what is sent next is seen after it. Nothing while a commit is being written. */
  update(): void {
    if (this.#isClosed) return
    this.confirm()
    if (!this.isWriting && !this.isCurrent) this.#view.update()
  }

  /** Sends which commits are done. */
  confirm(): void {
    this.#view.confirm()
  }

  /** @throws {OptionsError} if it is no message of a replica; nothing is changed */
  receive(message: ReplicaMessage): void {
    if (!Array.isArray(message) || !KINDS.has(message[0] as string)) {
      throw wrongArgument({ of: 'a session', argument: 'message', expected: 'what its replica sent' }, message)
    }
    this.#queue.add(message)
  }

  /** The replica is gone: what it has not committed, it never will. */
  close(): void {
    this.#isClosed = true
    this.#queue.clear()
    this.#holds.close()
    this.#turn?.end()
  }

  #take(message: ReplicaMessage): MaybePromise<void> {
    switch (message[0]) {
      case 'commit':
        return this.#commit(message)
      case 'withdraw':
        return this.#withdrawn(message)
      case 'hold':
        // Not waited for: what comes next may be the release of the one before.
        return void this.#holds.take(message[1])
      case 'turn':
        return this.#takeTurn(message[1])
      case 'release':
        return this.#release(message[1])
    }
  }

  #withdrawn(message: Extract<ReplicaMessage, readonly ['withdraw', ...unknown[]]>): MaybePromise<void> {
    if (this.isWriting) return this.#commits.ended.then(() => this.#take(message))
    const [, epoch, seq, error] = message
    if (this.#view.isIn(epoch)) this.#refused([[seq, error]])
  }

  #release(id: number): MaybePromise<void> {
    const hold = this.#holds.remove(id)
    // It ends when what is being written under it is written.
    if (hold !== undefined) return hold.release()
    // Nobody else commits before: what they commit would come before that.
    if (this.isWriting) return this.#commits.ended.then(() => this.#turn?.end(id))
    this.#turn?.end(id)
  }

  #takeTurn(id: number): void {
    this.#turn = new SessionTurn(id, this.log.turns, {
      written: () => this.#written(),
      update: () => this.update(),
      send: (message) => this.ports.send(message),
      limit: (end) => this.ports.limit?.(end),
    })
    this.#turn.take()
  }

  /** Resolves when all is written that is being written; null if nothing is. */
  #written(): Promise<void> | null {
    return this.isWriting ? this.#commits.ended : null
  }

  #commit(message: Commit): MaybePromise<void> {
    const { end } = this
    if (end !== null) return this.#tooLate(message, end)
    const hold = this.#holds.get(message[3])
    const { cell } = this.log
    if (hold !== undefined) return this.#write(hold, message)
    if (!cell.held || cell.waits === true) return this.#write(cell, message)
    if (!this.#view.isIn(message[1])) return undefined
    return this.#whenFree(message)
  }

  /** What was being written when the store was destroyed has an end of its own, and comes first. */
  #tooLate(message: Commit, error: unknown): MaybePromise<void> {
    if (this.isWriting) return this.#commits.ended.then(() => this.#take(message))
    if (this.#view.isIn(message[1])) this.#fail([{ commit: message, error }])
  }

  /** Another holds the cell, and will most likely change it: then the replica makes its commit again. */
  async #whenFree(message: Commit): Promise<void> {
    try {
      await holding(this.log.cell, (hold) => this.#write(hold, message))
    } catch (error) {
      this.#fail([{ commit: message, error }])
    }
  }

  #write(writer: Writer<S>, message: Commit): MaybePromise<void> {
    if (!this.#view.isIn(message[1]) || this.#isClosed) return undefined
    if (this.isWriting) {
      if (!this.#commits.mayJoin(writer)) return this.#commits.ended.then(() => this.#take(message))
    } else if (!this.isCurrent) return this.update()
    return this.#commits.make(writer, message)
  }

  #done([, , seq, , , tag]: Commit, left: Left<S>): void {
    this.#view.committed(seq, left)
    this.ports.committed(tag)
    this.ports.changed()
  }

  #failed(all: readonly FailedWrite[]): void {
    if (this.#isClosed) for (const { commit, error } of all) this.ports.lost?.(commit[5], error)
    else {
      for (const { commit } of all) this.ports.voided?.(commit[5])
      this.#fail(all)
      this.ports.changed()
    }
  }

  #fail(all: readonly FailedWrite[]): void {
    const refused = all.flatMap(({ commit, error }) => (error === STALE ? [] : [[commit[2], error] as const]))
    if (refused.length > 0) return this.#refused(refused)
    if (this.#isClosed) return
    // The latest value may be known only to the store: then the same commit fails again, until it is here.
    if (this.isCurrent) this.#view.void()
    else this.update()
  }

  /** The others are made again. */
  #refused(all: readonly Refused[]): void {
    if (!this.#isClosed) this.#view.refuse(all)
  }
}
