import type { Nanos } from '@genpool/runtime'
import type { Node } from '../nodes/node'

/** A message of a key that waits until the earlier ones of that key have ended at another node. */
export interface Held {
  /** Messages of a key go in this order. */
  readonly order: number
  go(now: Nanos): void
}

/** What is under way of one key. */
interface KeyState {
  node: Node
  inFlight: number
  held: Held[]
}

/**
 * Keeps the messages of a key in order, and one after the other, when the set of nodes changes: those for its new node wait until the
 * calls of this client at its old node have ended. An entry lives as long as calls of its key are in flight.
 */
export class KeyOrder {
  readonly #keys = new Map<string, KeyState>()
  /** How many messages of each key wait for a connection or a node. */
  readonly #waiting = new Map<string, number>()
  #held = 0

  /** How many messages wait. */
  get held(): number {
    return this.#held
  }

  /** Whether a call of a key is at a node. */
  isInFlight(key: string): boolean {
    return this.#keys.has(key)
  }

  /** A message of a key waits for a connection or a node. */
  waits(key: string): void {
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
  }

  waitsNoMore(key: string): void {
    const left = (this.#waiting.get(key) ?? 0) - 1
    if (left > 0) this.#waiting.set(key, left)
    else this.#waiting.delete(key)
  }

  /** Whether messages of a key wait for a connection or a node: whatever comes later waits with them. */
  hasWaiting(key: string): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(key)
  }

  /** Whether a message of a key may go to a node now. `own`: how many calls in flight of this key are that message itself. */
  mayGo(key: string, node: Node, own: 0 | 1): boolean {
    const state = this.#keys.get(key)
    if (state === undefined) return true
    return state.held.length === 0 && (state.node === node || state.inFlight === own)
  }

  /** A call goes to a node. `isNew`: it was not in flight before. */
  went(key: string, node: Node, isNew: boolean): void {
    const state = this.#keys.get(key)
    if (state === undefined) return void this.#keys.set(key, { node, inFlight: 1, held: [] })
    state.node = node
    if (isNew) state.inFlight++
  }

  /** A message waits for those before it. */
  hold(key: string, message: Held): void {
    const held = this.#keys.get(key)?.held
    if (held === undefined) throw new Error(`nothing of key ${key} is in flight`)
    let at = held.length
    // One that comes back from its node was sent before those that wait.
    while (at > 0 && (held[at - 1] as Held).order > message.order) at--
    held.splice(at, 0, message)
    this.#held++
  }

  /** A message that waited needs not go any more. */
  forget(key: string, message: Held): void {
    const held = this.#keys.get(key)?.held
    const at = held?.indexOf(message) ?? -1
    if (at < 0) return
    held?.splice(at, 1)
    this.#held--
  }

  /** A call is not at its node any more. Those that have waited for it go on. */
  left(key: string, now: Nanos): void {
    const state = this.#keys.get(key)
    if (state === undefined || --state.inFlight > 0) return
    this.#keys.delete(key)
    this.#held -= state.held.length
    for (const message of state.held) message.go(now)
  }

  /** Nothing goes on. */
  clear(): void {
    this.#keys.clear()
    this.#held = 0
  }
}
