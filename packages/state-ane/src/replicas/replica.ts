import { InvalidError } from '../errors'
import { frozen } from '../cells/frozen'
import type { Cell } from '../cells/cell'
import { checkCell } from '../cells/wrong-cell'
import { type Nanos, readSafely, showValue, textOf, wrongArgument } from '@genpool/runtime'
import type { Patch } from 'immer'
import { applied } from './applied'

/** A replica's request to the owner: all changes after this version. -1 for an empty replica. */
export interface ReplicaRequest {
  readonly type: 'since'
  readonly version: number
}

/** The owner's answer: the patches from one version to another, or the whole value if that version is too old. */
export type ReplicaUpdate<S> =
  | { readonly type: 'patches'; readonly from: number; readonly to: number; readonly patches: readonly Patch[] }
  | { readonly type: 'value'; readonly version: number; readonly value: S }

/** The side that owns the cell. */
export interface Replicator<S> {
  /** The latest version, shared with all replicas, also in other threads. */
  readonly stamp: SharedArrayBuffer
  /** Returns the answer to `request`. Answers may be lost, duplicated or reordered on their way. */
  answer(request: ReplicaRequest): ReplicaUpdate<S>
  /** Stops updating the stamp; replicas keep their values. */
  close(): void
}

/**
 * Lets readers elsewhere keep a copy of a cell. A shared stamp tells them whether their copy is the latest (the idea is ane's).
 *
 * Every commit updates the stamp; nothing is sent until a reader that is behind asks. Requests and answers go over any channel
 * (a `MessagePort`, a socket) as plain data.
 *
 * @throws {StoppedError} if the cell's store was destroyed
 * @example const replicator = replicate(cell)
 */
export function replicate<S>(cell: Cell<S>): Replicator<S> {
  checkCell('replicate', cell)
  const stamp = new SharedArrayBuffer(4)
  const view = new Int32Array(stamp)
  const move = (version: number): void => {
    Atomics.store(view, 0, version | 0)
    Atomics.notify(view, 0)
  }
  move(cell.version)
  const stop = cell.watch((_value, version) => move(version))
  return {
    stamp,
    answer(request) {
      const version: unknown = readSafely(() => request.version, undefined)
      if (typeof version !== 'number') {
        const expected = 'what poll() of a replica returned'
        throw wrongArgument({ of: 'answer of a replicator', argument: 'request', expected }, request)
      }
      const patches = version < 0 ? undefined : cell.patchesSince(version)
      if (patches === undefined) return { type: 'value', version: cell.version, value: cell.value }
      return { type: 'patches', from: version, to: cell.version, patches }
    },
    close: stop,
  }
}

/**
 * A reader's copy of a cell elsewhere. Pure: the time is an argument, and `poll` returns what to send.
 *
 * Its value is always one that the cell had, and never goes back to an older one, even if the channel loses, duplicates or
 * reorders messages. While `isCurrent` is true, it is the latest.
 */
export class Replica<S> {
  #version = -1
  #value: S | undefined
  #askedAt: Nanos | null = null
  readonly #view: Int32Array

  /** @param stamp the stamp of the replicator @param retryAfter how long to wait for an answer before a retry */
  constructor(
    stamp: SharedArrayBuffer,
    private readonly retryAfter: Nanos,
  ) {
    if (!readSafely(() => isStamp(stamp), false)) {
      throw wrongArgument({ of: 'Replica', argument: 'stamp', expected: 'the stamp of a replicator' }, stamp)
    }
    if (typeof retryAfter !== 'number' || Number.isNaN(retryAfter)) {
      throw wrongArgument({ of: 'Replica', argument: 'retry time', expected: 'nanoseconds' }, retryAfter)
    }
    this.#view = new Int32Array(stamp)
  }

  /** -1 until the first answer. */
  get version(): number {
    return this.#version
  }

  /** @throws {InvalidError} before the first answer */
  get value(): S {
    if (this.#version >= 0) return this.#value as S
    const message = 'nothing has been received yet. Send what poll() returns, and pass the answer to receive()'
    throw new InvalidError('read of a replica', [{ path: [], message }])
  }

  /** Whether nothing has been committed since. One atomic load. */
  get isCurrent(): boolean {
    return this.#version >= 0 && Atomics.load(this.#view, 0) === (this.#version | 0)
  }

  /** What to send now, or null: it is current, or an answer is awaited. */
  poll(now: Nanos): ReplicaRequest | null {
    if (this.isCurrent) return null
    if (this.#askedAt !== null && now - this.#askedAt < this.retryAfter) return null
    this.#askedAt = now
    return { type: 'since', version: this.#version }
  }

  /**
   * Takes an answer in. False if it brings nothing new: it is old, was doubled, or starts from another version.
   *
   * @throws {InvalidError} if it is no answer, or its patches do not fit; the value stays
   */
  receive(update: ReplicaUpdate<S>): boolean {
    try {
      return this.#receive(update)
    } catch (error) {
      const message = `expected what "answer" of its replicator returned, got ${showValue(update)}: ${textOf(error)}`
      throw new InvalidError('message to a replica', [{ path: [], message }], error)
    }
  }

  #receive(update: ReplicaUpdate<S>): boolean {
    const version = update.type === 'value' ? update.version : update.to
    if (typeof version !== 'number') throw new TypeError('it has no version')
    if (version <= this.#version) return false
    if (update.type === 'patches' && update.from !== this.#version) return false
    this.#value =
      update.type === 'value' ? frozen(update.value, this.#value) : applied(this.#value as S, update.patches)
    this.#version = version
    this.#askedAt = null
    return true
  }
}

/** By its name: a stamp from another thread is of another realm. It has room for one version. */
function isStamp(stamp: SharedArrayBuffer): boolean {
  return Object.prototype.toString.call(stamp) === '[object SharedArrayBuffer]' && stamp.byteLength === 4
}
