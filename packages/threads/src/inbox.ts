import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { againOf, type Packed } from './protocol/wire'

/** What an inbox needs of its side. */
export interface InboxPorts<M> {
  unpack(packed: Packed): M[]
  /** Takes the messages of one post, and of all that have arrived since. @param posts how many these were */
  take(messages: readonly M[], posts: number): void
  /** All posts up to this one were read. */
  read(number: number): void
  /** Asks for a post that could not be read. */
  ask(number: number): void
}

/**
 * Reads the posts of the other side in order. One that cannot be read is asked for (see `SentPosts`), and what comes after it waits
 * for that.
 */
export class Inbox<M> {
  #last = 0
  /** From the first post that is missing on: the numbers of those that are missing, and what has come after them. */
  readonly #held: (number | Packed)[] = []
  #messages: M[] = []
  #posts = 0

  constructor(
    private readonly port: MessagePort,
    private readonly ports: InboxPorts<M>,
  ) {}

  listen(): void {
    this.port.on('message', (packed: Packed) => {
      this.#take(packed)
      this.drain()
    })
    this.port.on('messageerror', () => {
      this.#miss()
      this.drain()
    })
  }

  /** Takes what has arrived. */
  drain(): void {
    while (this.#takeNext());
    const messages = this.#messages
    const posts = this.#posts
    this.#messages = []
    this.#posts = 0
    const [missing] = this.#held
    this.ports.read(missing === undefined ? this.#last : ((missing as number) - 1) | 0)
    if (posts > 0) this.ports.take(messages, posts)
  }

  /** Whether a post is missing: what came after it is not taken. */
  get isMissing(): boolean {
    return this.#held.length > 0
  }

  /** Returns whether there was one. */
  #takeNext(): boolean {
    // Before the next one, of which this side may die: it is the first that was not read then.
    if (!this.isMissing) this.ports.read(this.#last)
    let next
    try {
      next = receiveMessageOnPort(this.port)
    } catch {
      this.#miss()
      return true
    }
    if (next !== undefined) this.#take(next.message as Packed)
    return next !== undefined
  }

  #take(packed: Packed): void {
    this.#count()
    const again = againOf(packed)
    if (again !== undefined) this.#fill(again.number, again.packed)
    else if (this.isMissing) this.#held.push(packed)
    else this.#add(packed)
  }

  #miss(): void {
    this.#count()
    this.#held.push(this.#last)
    this.ports.ask(this.#last)
  }

  #count(): void {
    this.#last = (this.#last + 1) | 0
    this.#posts++
  }

  #fill(number: number, packed: Packed): void {
    const at = this.#held.indexOf(number)
    if (at >= 0) this.#held[at] = packed
    for (let first; (first = this.#held[0]) !== undefined && typeof first !== 'number'; this.#held.shift())
      this.#add(first)
  }

  #add(packed: Packed): void {
    const messages = this.ports.unpack(packed)
    if (this.#messages.length === 0) this.#messages = messages
    else this.#messages.push(...messages)
  }
}
