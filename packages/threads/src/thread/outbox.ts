import type { MessagePort } from 'node:worker_threads'
import type { ToOwner } from '../protocol/messages'
import { NS_PER_MS, systemClock, type Timer } from '@genpool/runtime'
import { SentPosts } from '../protocol/sent-posts'
import type { SharedWords } from '../protocol/shared-words'
import { againOf, beginAgain, packForOwner, type Packed, unpackForOwner } from '../protocol/wire'
import { isReadable } from '../values/cloneable'
import { StateMemory } from '../values/state-memory'
import { canMove, type Transferable, transferListOf } from '../values/transfer'

/** What an outbox needs of its thread. */
export interface OutboxPorts {
  /** The state of its member; undefined if it has none now. */
  state(): unknown
  /** What is sent instead of a message that cannot be cloned or read; null for nothing. */
  replace(message: ToOwner, error: unknown): ToOwner | null
}

/** How soon a thread without work lets go of what it has sent, which may be large. */
const LET_GO_MS = 100
const UNREADABLE = 'what its thread sent could not be read, and nothing was found in it that is wrong'

/** Sends what the thread has to say, in order and many at once. */
export class Outbox {
  #waiting: Packed = []
  #list: Transferable[] | undefined = undefined
  #said = 0
  readonly #sent = new SentPosts()
  #letGo: Timer | null = null
  readonly #stateMemory: StateMemory

  constructor(
    private readonly port: MessagePort,
    private readonly words: Pick<SharedWords, 'waitForHearing' | 'readByOwner'>,
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
    try {
      this.#post(messages, list)
    } catch {
      for (const message of unpackForOwner(messages)) this.#sendAlone(message)
    }
  }

  /** Sends a post again that the owner could not read, without what is wrong in it. */
  again(number: number): void {
    const packed = this.#sent.at(number)
    if (packed === undefined || againOf(packed) !== undefined) throw new Error(UNREADABLE)
    const again = beginAgain(number)
    for (const message of unpackForOwner(packed)) {
      const sent = isReadable(message) ? message : this.ports.replace(message, UNREADABLE)
      if (sent !== null) packForOwner(again, sent)
    }
    this.#post(again, undefined)
  }

  #post(packed: Packed, given: readonly Transferable[] | undefined): void {
    const list = given === undefined ? undefined : this.#stateMemory.movable(given)
    if (list !== undefined && !canMove(list)) throw new TypeError('its memory was moved before, or twice')
    this.port.postMessage(packed, list)
    this.#said = (this.#said + 1) | 0
    this.#sent.add(packed, this.words.readByOwner)
    if (this.#letGo === null) this.#letGoLater()
  }

  #letGoLater(): void {
    this.#letGo = systemClock.setTimer(
      systemClock.now() + LET_GO_MS * NS_PER_MS,
      () => {
        this.#letGo = null
        this.#sent.letGo(this.words.readByOwner)
        if (!this.#sent.isEmpty) this.#letGoLater()
      },
      false,
    )
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
      this.#post(packed, undefined)
    }
  }
}
