import type { MessagePort } from 'node:worker_threads'
import type { ToOwner } from '../protocol/messages'
import type { SharedWords } from '../protocol/shared-words'
import { packForOwner, type Packed, unpackForOwner } from '../protocol/wire'
import { StateMemory } from '../values/state-memory'
import { canMove, type Transferable, transferListOf } from '../values/transfer'

/** What an outbox needs of its thread. */
export interface OutboxPorts {
  /** The state of its member; undefined if it has none now. */
  state(): unknown
  /** What is sent instead of a message that cannot be cloned; null for nothing. */
  replace(message: ToOwner, error: unknown): ToOwner | null
}

/** Sends what the thread has to say, in order and many at once. */
export class Outbox {
  #waiting: Packed = []
  #list: Transferable[] | undefined = undefined
  #said = 0
  readonly #stateMemory: StateMemory

  constructor(
    private readonly port: MessagePort,
    private readonly words: Pick<SharedWords, 'waitForHearing'>,
    private readonly ports: OutboxPorts,
  ) {
    this.#stateMemory = new StateMemory(() => ports.state())
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  add(message: ToOwner): void {
    packForOwner(this.#waiting, message)
  }

  /** Adds a message with a value from a handler, which may have to be moved. */
  addValue(message: ToOwner, value: unknown): void {
    packForOwner(this.#waiting, message)
    const list = transferListOf(value)
    if (list !== undefined) this.#list = [...(this.#list ?? []), ...list]
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    const messages = this.#waiting
    const list = this.#list
    this.#waiting = []
    this.#list = undefined
    this.words.waitForHearing(this.#said)
    this.#said = (this.#said + 1) | 0
    try {
      this.#post(messages, list)
    } catch {
      for (const message of unpackForOwner(messages)) this.#sendAlone(message)
    }
  }

  #post(packed: Packed, given: readonly Transferable[] | undefined): void {
    const list = given === undefined ? undefined : this.#stateMemory.movable(given)
    if (list !== undefined && !canMove(list)) throw new TypeError('its memory was moved before, or twice')
    this.port.postMessage(packed, list)
  }

  #sendAlone(message: ToOwner): void {
    const list = message[0] === 'answered' ? transferListOf(message[2]) : undefined
    const packed: Packed = []
    packForOwner(packed, message)
    try {
      this.#post(packed, list)
    } catch (error) {
      const instead = this.ports.replace(message, error)
      if (instead === null) return
      packed.length = 0
      packForOwner(packed, instead)
      this.port.postMessage(packed)
    }
  }
}
