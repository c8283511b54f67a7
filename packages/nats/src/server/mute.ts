import { MOST_LOST, MOST_MUTE } from '../nodes/said'

/** So many clients are remembered that were answered last. */
const LAST = 1000

/** What Mute needs. */
export interface MutePorts {
  /** Resolves when NATS has read all that was published, and what it refused of that is known: with false if that cannot be known. */
  wasRead(): Promise<boolean>
  /** Whether the request that is answered at an address runs at this node, or its answer is kept there. */
  stateOf(subject: string): 'running' | 'answered' | undefined
  /** NATS has refused a message. @param isMute whether it refuses all messages to that inbox */
  refused(error: Error, isMute: boolean): void
  /** The inboxes have changed. */
  changed(): void
  /** There is something for `takeLost`. */
  lost(): void
}

/** The answers to one question: mostly one. */
interface Question {
  readonly subject: string
  /** Whether it came after it was told that something is refused. */
  readonly isTrial: boolean
  published: number
  refused: number
  error: Error | null
}

/** One client, as far as what goes to it is concerned. */
interface Inbox {
  /** It was told that something is refused, and no question has come since. */
  isDoubted: boolean
  /** The last one, unless it is judged. */
  question: Question | null
}

/**
 * Knows what NATS does not let this node answer.
 *
 * A message that is refused says nothing of others: NATS may allow one answer to each request, or an answer within some time
 * (`allow_responses`). It is lost: its client is told, and can ask for it again.
 *
 * That client also asks then what this node says of itself. If the answer to that is refused, too, the client is mute: nothing is run
 * for it, since it could not be answered. Known by the beginning of its addresses, since each request has one of its own. Its next
 * questions are answered all the same: if NATS takes such an answer, it is mute no more.
 */
export class Mute {
  readonly #known = new Map<string, Inbox>()
  readonly #lost = new Set<string>()
  #inboxes: readonly string[] = []
  /** Counts the connections. */
  #era = 0
  /** How many requests were not run for that. */
  ignored = 0

  constructor(private readonly ports: MutePorts) {}

  get inboxes(): readonly string[] {
    return this.#inboxes
  }

  /** A question was answered at this address. */
  said(subject: string): void {
    const name = inboxOf(subject)
    const inbox = this.#known.get(name) ?? this.#begins(name)
    const isTrial = inbox.isDoubted || this.#isMute(name)
    if (inbox.question?.subject !== subject || inbox.question.isTrial !== isTrial) {
      inbox.question = { subject, isTrial, published: 0, refused: 0, error: null }
    }
    inbox.question.published++
    if (inbox.question.isTrial) void this.#judge(name, inbox.question)
  }

  /** Whether what goes to this address would not arrive. */
  has(subject: string): boolean {
    return this.#inboxes.length > 0 && this.#isMute(inboxOf(subject))
  }

  /** NATS has refused a message. Ignored if it is none of this node. */
  refused(subject: string, error: Error): void {
    const name = inboxOf(subject)
    const question = this.#known.get(name)?.question
    if (question?.subject !== subject) return this.#answerRefused(subject, error)
    question.refused++
    question.error = error
    if (!question.isTrial) this.#loses(subject)
  }

  /** The addresses of answers that were refused, to be told now: each once, and not more than can be told at once. */
  takeLost(): readonly string[] {
    const taken = [...this.#lost].slice(0, MOST_LOST)
    for (const subject of taken) {
      this.#lost.delete(subject)
      const name = inboxOf(subject)
      const inbox = this.#known.get(name) ?? this.#begins(name)
      inbox.isDoubted = true
    }
    if (this.#lost.size > 0) this.ports.lost()
    return taken
  }

  /** Connected again, perhaps with other permissions. */
  forget(): void {
    this.#era++
    this.#known.clear()
    this.#lost.clear()
    this.#inboxes = []
  }

  #answerRefused(subject: string, error: Error): void {
    const state = this.ports.stateOf(subject)
    if (state === undefined || this.has(subject)) return
    this.ports.refused(error, false)
    // While it runs, only a progress was refused. The answer is still to come.
    if (state === 'running') return
    this.#loses(subject)
  }

  #loses(subject: string): void {
    this.#lost.add(subject)
    this.ports.lost()
  }

  #isMute(name: string): boolean {
    return this.#inboxes.includes(name)
  }

  #begins(name: string): Inbox {
    if (this.#known.size >= LAST) this.#known.clear()
    const inbox = { isDoubted: false, question: null }
    this.#known.set(name, inbox)
    return inbox
  }

  async #judge(name: string, question: Question): Promise<void> {
    const era = this.#era
    const isKnown = await this.ports.wasRead()
    const inbox = this.#known.get(name)
    if (!isKnown || era !== this.#era || inbox === undefined) return
    inbox.isDoubted = false
    if (inbox.question === question) inbox.question = null
    const { error, published, refused } = question
    const isMute = refused >= published
    if (!this.#is(name, isMute)) return
    if (error !== null) this.ports.refused(error, isMute)
    this.ports.changed()
  }

  /** Returns whether that is new. */
  #is(name: string, isMute: boolean): boolean {
    if (this.#isMute(name) === isMute) return false
    const others = this.#inboxes.filter((other) => other !== name)
    this.#inboxes = isMute ? [name, ...others].slice(0, MOST_MUTE) : others
    return true
  }
}

/** An address without its last token. */
function inboxOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('.') + 1)
}
