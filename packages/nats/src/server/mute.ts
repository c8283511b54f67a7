import { MOST_MUTE } from '../nodes/said'

/** So many inboxes are remembered to which something was published last. */
const LAST = 1000

/** What Mute needs. */
export interface MutePorts {
  /** Resolves when NATS has read all that was published, and what it refused of that is known: with false if that cannot be known. */
  wasRead(): Promise<boolean>
  /** NATS has refused a message. @param isMute whether it refuses all messages to that inbox */
  refused(error: Error, isMute: boolean): void
  /** The inboxes have changed. */
  changed(): void
}

/** What went to one inbox since it was judged last. */
interface Sent {
  published: number
  refused: number
  error: Error | null
  isJudged: boolean
}

/**
 * Knows the clients that this node cannot answer, because NATS does not let it publish to their inboxes. Nothing is run for them: it
 * could not be answered. Known by the beginning of their addresses, since each request has one of its own.
 *
 * One refusal is no proof: NATS may allow one answer to each request, or an answer within some time (`allow_responses`). An inbox is
 * mute if everything is refused that went there lately. The answer to a question is published to it all the same: if NATS takes
 * that, it is mute no more.
 */
export class Mute {
  readonly #sent = new Map<string, Sent>()
  #inboxes: readonly string[] = []
  /** How many requests were not run for that. */
  ignored = 0

  constructor(private readonly ports: MutePorts) {}

  get inboxes(): readonly string[] {
    return this.#inboxes
  }

  /** Something was published to an address. */
  published(subject: string): void {
    const inbox = inboxOf(subject)
    const sent = this.#sent.get(inbox) ?? this.#begins(inbox)
    sent.published++
    if (this.#isMute(inbox)) void this.#judge(inbox, sent)
  }

  /** Whether what goes to this address would not arrive. */
  has(subject: string): boolean {
    return this.#inboxes.length > 0 && this.#isMute(inboxOf(subject))
  }

  /** NATS has refused a message. Ignored if it is none of this node. */
  refused(subject: string, error: Error): void {
    const inbox = inboxOf(subject)
    const sent = this.#sent.get(inbox)
    if (sent === undefined) return
    sent.refused++
    sent.error = error
    void this.#judge(inbox, sent)
  }

  /** Connected again, perhaps with other permissions. */
  forget(): void {
    this.#sent.clear()
    this.#inboxes = []
  }

  #isMute(inbox: string): boolean {
    return this.#inboxes.includes(inbox)
  }

  #begins(inbox: string): Sent {
    if (this.#sent.size >= LAST) this.#sent.clear()
    const sent = { published: 0, refused: 0, error: null, isJudged: false }
    this.#sent.set(inbox, sent)
    return sent
  }

  async #judge(inbox: string, sent: Sent): Promise<void> {
    if (sent.isJudged) return
    sent.isJudged = true
    const { published } = sent
    const isKnown = await this.ports.wasRead()
    sent.isJudged = false
    if (!isKnown || this.#sent.get(inbox) !== sent) return
    const { error, refused } = sent
    sent.published -= published
    sent.refused = 0
    sent.error = null
    // What is refused now went out before the last judgement.
    if (published === 0) return
    const isMute = refused >= published
    const isNews = this.#is(inbox, isMute)
    if (error !== null && (isNews || !isMute)) this.ports.refused(error, isMute)
    if (isNews) this.ports.changed()
  }

  /** Returns whether that is new. */
  #is(inbox: string, isMute: boolean): boolean {
    if (this.#isMute(inbox) === isMute) return false
    const others = this.#inboxes.filter((other) => other !== inbox)
    this.#inboxes = isMute ? [inbox, ...others].slice(0, MOST_MUTE) : others
    return true
  }
}

/** An address without its last token. */
function inboxOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('.') + 1)
}
