import { textOf, warnOf } from '@genpool/runtime'
import type { Subjects } from '../subjects'
import { isNeeded } from './addresses'

/** What the refusals of a node need. */
export interface NodeRefusalsPorts {
  readonly id: string
  readonly name: string
  readonly subjects: Subjects
  /** An answer may not be published at this address. */
  unanswered(subject: string, error: Error): void
  isLeaving(): boolean
  /** The node does not get what is sent to it. */
  leave(error: Error): void
}

/** What NATS refuses of a node: its subscriptions, and what it publishes. */
export class NodeRefusals {
  #text: string | null = null
  #barred: Error | null = null
  #isServed = false

  constructor(private readonly ports: NodeRefusalsPorts) {}

  /** What NATS said when it refused something that the node still lacks; null if that is nothing. */
  get text(): string | null {
    return this.#text
  }

  /** The first error for which the node cannot be served: it came before clients could know of the node. */
  get barred(): Error | null {
    return this.#barred
  }

  /** Clients can know of the node: from now on, a refusal is a warning. */
  served(): void {
    this.#isServed = true
  }

  /** NATS does not let the node publish something, or does not give it what is sent to an address. */
  refused(error: Error, subject: string, what: 'publish' | 'subscription'): void {
    const { subjects } = this.ports
    if (what === 'subscription') {
      if (isNeeded(subject, this.ports)) this.#isDeaf(error)
    } else if (subject !== subjects.load) this.ports.unanswered(subject, error)
    else if (!this.#isServed) this.#barred = error
    else this.warn('cannot tell clients of itself', error)
  }

  /** Warns once, and again only of what is worse. */
  warn(what: string, error: Error, isWorse = false): void {
    if (this.#text !== null && !isWorse) return
    const { id, name } = this.ports
    warnOf(`Node "${id}" of "${name}" ${what}: NATS refuses it.`, error)
    this.#text = textOf(error)
  }

  /** All that was refused can be published now. */
  over(): void {
    this.#text = null
  }

  /** Connected again, perhaps with other permissions. */
  forget(): void {
    this.#text = this.#barred = null
  }

  /** It does not get what is sent to it: another one must. What it has already is answered. */
  #isDeaf(error: Error): void {
    if (!this.#isServed) this.#barred = error
    else if (!this.ports.isLeaving()) {
      this.warn('does not get what is sent to it, and leaves', error, true)
      this.ports.leave(error)
    }
  }
}
