import type { PatchLog } from './patch-log'
import type { Refused } from './replica-messages'
import type { SessionPorts } from './session-ports'

/** What a commit has left. */
export interface Left<S> {
  readonly value: S
  readonly version: number
}

/**
 * What a replica has of its cell, or will have when it has received all that was sent.
 *
 * Each change that the replica has not made itself begins a new epoch. What it made in an epoch before is void: it makes that again.
 */
export class SessionView<S> {
  #epoch = 0
  #value: S | undefined = undefined
  /** Negative until the first value is sent. */
  #version = -1
  /** The last of the commits of the replica whose success was not sent yet. */
  #confirmed: { seq: number; version: number } | null = null

  constructor(
    private readonly log: Pick<PatchLog<S>, 'cell' | 'since'>,
    private readonly send: SessionPorts<S>['send'],
  ) {}

  get value(): S {
    return this.#value as S
  }

  /** Why the cell can be neither read nor changed any more: its store was destroyed. Null while it can. */
  get end(): unknown {
    try {
      void this.log.cell.version
      return null
    } catch (error) {
      return error
    }
  }

  /** Whether the replica has everything that is committed, or that it can still have. */
  get isCurrent(): boolean {
    if (this.end !== null) return true
    return this.#version >= 0 && Object.is(this.#value, this.log.cell.value)
  }

  /** How many commits it lacks. */
  get behind(): number {
    return this.log.cell.version - this.#version
  }

  /** Whether what was made in this epoch was made of the value of now. */
  isIn(epoch: number): boolean {
    return epoch === this.#epoch
  }

  /** Sends what others have committed: all of it if the replica has nothing yet, or is too far behind for patches. */
  update(): void {
    const { cell } = this.log
    const patches = this.#version < 0 ? undefined : this.log.since(this.#version)
    this.#epoch++
    this.#value = cell.value
    this.#version = cell.version
    if (patches === undefined) this.send(['value', this.#epoch, cell.version, cell.value])
    else this.send(['patches', this.#epoch, cell.version, patches])
  }

  /** A commit of the replica is done. `confirm` tells it. */
  committed(seq: number, { value, version }: Left<S>): void {
    this.#value = value
    this.#version = version
    this.#confirmed = { seq, version }
  }

  /** Sends which commits are done. */
  confirm(): void {
    if (this.#confirmed === null) return
    const { seq, version } = this.#confirmed
    this.#confirmed = null
    this.send(['committed', seq, version])
  }

  /** Some commits fail. The others that are not done are made again. */
  refuse(all: readonly Refused[]): void {
    this.confirm()
    this.#epoch++
    this.send(['refused', this.#epoch, all])
  }

  /** All commits that are not done are made again, of the value that the replica has. */
  void(): void {
    this.confirm()
    this.#epoch++
    this.send(['patches', this.#epoch, this.#version, []])
  }
}
