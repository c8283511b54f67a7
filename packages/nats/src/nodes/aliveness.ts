import { type Nanos, NS_PER_MS } from '@genpool/runtime'

/** When a node counts as silent, in milliseconds. */
export interface AlivenessRules {
  /** A node with requests in hand is asked whether it is there after this silence. */
  readonly probeAfter: number
  /** A silent node is given up after this time: what it had in hand is settled as unreachable. */
  readonly silentAfter: number
  /** A node that NATS says is gone is given up after this time, unless it says something: it may only be connecting again. */
  readonly goneAfter: number
}

/** The rules of options that may be changed later. */
export function rulesOf(options: () => AlivenessRules): AlivenessRules {
  return {
    get probeAfter() {
      return options().probeAfter
    },
    get silentAfter() {
      return options().silentAfter
    },
    get goneAfter() {
      return options().goneAfter
    },
  }
}

/**
 * What is to be done about a node.
 *
 * - `fine`: nothing
 * - `probe`: ask it now whether it is there
 * - `doubtful`: it does not answer; choose others, if there are some
 * - `lost`: give it up
 */
export type Aliveness = 'fine' | 'probe' | 'doubtful' | 'lost'

/** How many times its own rhythm a node without work may be silent before others are preferred. */
const MISSED = 2.5

/** A question may be asked so much later than it should, in milliseconds: it is looked at now and then. */
const CHECK_MS = 50

/**
 * Decides whether one node is alive: by what it says, by whether it answers when it is asked, and by NATS, which says at once when
 * nobody listens any more. Pure: time is an argument.
 */
export class NodeAliveness {
  #heardAt: Nanos
  /** Since when it has had something in hand of which nothing was heard. */
  #waitingSince: Nanos | null = null
  #probedAt: Nanos | null = null
  /** Since when a question of this client has no answer. */
  #askedSince: Nanos | null = null
  /** Since when NATS says that it is not there. */
  #absentSince: Nanos | null = null

  constructor(
    private readonly rules: AlivenessRules,
    now: Nanos,
  ) {
    this.#heardAt = now
  }

  get heardAt(): Nanos {
    return this.#heardAt
  }

  /** Whether NATS says that it is not there. */
  get absent(): boolean {
    return this.#absentSince !== null
  }

  /** It said or answered something. */
  heard(now: Nanos): void {
    this.#heardAt = now
    this.#probedAt = this.#askedSince = null
    this.#absentSince = null
    if (this.#waitingSince !== null) this.#waitingSince = now
  }

  /** A request was sent to it. */
  sent(now: Nanos): void {
    this.#waitingSince ??= now
  }

  /** It has nothing in hand any more. A question that it has not answered stays open: until then it is doubtful. */
  rests(): void {
    this.#waitingSince = null
  }

  /** It was asked whether it is there. */
  probed(now: Nanos): void {
    this.#probedAt = now
    this.#askedSince ??= now
  }

  /** NATS says that nobody listens at its address. */
  missing(now: Nanos): void {
    this.#absentSince ??= now
  }

  /** How long it has been silent although it should have said something, in milliseconds. */
  silentMs(now: Nanos): number {
    const since = this.#waitingSince === null ? this.#heardAt : Math.max(this.#heardAt, this.#waitingSince)
    return (now - since) / NS_PER_MS
  }

  /** @param everyMs how often it says something by itself, in milliseconds */
  judge(now: Nanos, everyMs: number): Aliveness {
    const { probeAfter, silentAfter, goneAfter } = this.rules
    const quietMs = (now - this.#heardAt) / NS_PER_MS
    if (this.#absentSince !== null) {
      if ((now - this.#absentSince) / NS_PER_MS >= goneAfter) return 'lost'
      return this.#probeDue(now) ? 'probe' : 'doubtful'
    }
    if (this.silentMs(now) >= silentAfter && quietMs >= this.#mustSpeakMs(now, everyMs)) return 'lost'
    if (this.#probedAt !== null) return this.#probeDue(now) ? 'probe' : 'doubtful'
    if (this.#waitingSince === null) return quietMs > everyMs * MISSED ? 'doubtful' : 'fine'
    // It gets half of the time to answer.
    return this.silentMs(now) < Math.min(probeAfter, silentAfter / 2) ? 'fine' : 'probe'
  }

  /** The silence after which it is given up: one that has something in hand, and does not answer a question, need not miss its rhythm. */
  #mustSpeakMs(now: Nanos, everyMs: number): number {
    const { silentAfter } = this.rules
    const isMute = this.#askedSince !== null && (now - this.#askedSince) / NS_PER_MS >= silentAfter / 2 - CHECK_MS
    return this.#waitingSince !== null && isMute ? silentAfter : Math.max(silentAfter, everyMs * MISSED)
  }

  /** Whether new requests should go to others: like `judge`, but it asks nothing. */
  isDoubtful(now: Nanos, everyMs: number): boolean {
    if (this.#absentSince !== null) return true
    const quietMs = (now - this.#heardAt) / NS_PER_MS
    if (quietMs > everyMs * MISSED) return true
    return this.#probedAt !== null && quietMs > 2 * this.rules.probeAfter
  }

  #probeDue(now: Nanos): boolean {
    return this.#probedAt === null || (now - this.#probedAt) / NS_PER_MS >= this.rules.probeAfter
  }
}
