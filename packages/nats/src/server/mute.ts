import { MOST_MUTE } from '../nodes/said'

/** So many addresses are remembered to which something was published last. */
const LAST = 1000

/**
 * Knows the clients that this node cannot answer, because NATS does not let it publish to their inboxes. Nothing is run for them: it
 * could not be answered. Known by the beginning of their addresses, since each request has one of its own.
 */
export class Mute {
  readonly #sent = new Set<string>()
  #inboxes: readonly string[] = []
  /** How many requests were not run for that. */
  ignored = 0

  get inboxes(): readonly string[] {
    return this.#inboxes
  }

  /** Something goes to an address. */
  sends(subject: string): void {
    this.#sent.add(inboxOf(subject))
    if (this.#sent.size > LAST) this.#sent.clear()
  }

  /** Whether what goes to this address would not arrive. */
  has(subject: string): boolean {
    return this.#inboxes.length > 0 && this.#inboxes.includes(inboxOf(subject))
  }

  /** NATS has refused a message. Returns whether it was one of this node, and the first to this inbox. */
  refused(subject: string): boolean {
    const inbox = inboxOf(subject)
    if (!this.#sent.has(inbox) || this.has(subject)) return false
    this.#inboxes = [inbox, ...this.#inboxes].slice(0, MOST_MUTE)
    return true
  }

  /** Connected again, perhaps with other permissions. */
  forget(): void {
    this.#inboxes = []
  }
}

/** An address without its last token. */
function inboxOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('.') + 1)
}
