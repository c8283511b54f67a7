import { RecentHistogram, WINDOW } from '@genpool/core/elsewhere'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type AlivenessRules, NodeAliveness } from './aliveness'
import type { Said } from './said'
import type { Expected, RunOfType } from './run-times'
import { ServedTypes } from './served-types'

/** The weight of the newest answer in the averages. */
const NEWEST = 0.1
/** A node that has served for longer is warm, whoever meets it first. */
const WARM_AFTER_MS = 5000
/** How many requests a node that is new, or came back, gets before it has answered one. */
const FIRST = 2

/** No request takes less, in milliseconds. */
const SHORTEST_MS = 0.01

/** What timers, a busy event loop and the network may take, before a silence counts. */
const SLACK_MS = 20

/** What a node says with each answer. */
interface SaidWithAnswer {
  readonly inHand: number
  /** How long it had the request, in milliseconds. */
  readonly heldMs?: number | undefined
}

/** A request that this client has sent to a node. */
interface SentRequest {
  readonly sentAt: Nanos
  /** How much work it was expected to be. */
  readonly workMs: number
}

/** One node as this client sees it: what it said, and what this client has sent and got since. Pure: time is an argument. */
export class Node {
  readonly id: string
  readonly alive: NodeAliveness
  /** How many requests of this client it has. */
  inFlight = 0
  sent = 0
  /** When it got something last. */
  sentAt: Nanos
  answered = 0
  /** The same when NATS last refused what was sent to it. */
  answeredAtRefusal = 0
  /** How long its answers took lately, from the sending of the request. */
  readonly took: RecentHistogram
  /** How much of that was not at the node: travelling, and waiting for the event loops of both sides. */
  readonly travelled: RecentHistogram
  /** The average of the latter, in milliseconds. 0 before the first answer or echo. */
  roundTripMs = 0
  /** How many it certainly has taken: it has answered a question that was asked after them. */
  #taken = 0
  /** How many had been sent when it was asked; null if it is not asked. */
  #askedAfter: number | null = null
  /** Requests in its hands that are not of this client, when it last said how many it has. */
  #others = 0
  /** How much work the requests of this client there are, in milliseconds of one member. */
  #workMs = 0
  /** How many requests it may have while it warms up; Infinity once it is warm. */
  #allowance: number
  #said: Said
  #saidAt: Nanos
  /** How many requests it has got from this client that it did not know of when it said how many may begin. */
  #since = 0
  /** What it has handlers for; null for any message. */
  types: ServedTypes | null
  /** How long the types of messages run there that ran lately; null if it does not say. */
  runs: ReadonlyMap<string, RunOfType> | null

  constructor(said: Said, rules: AlivenessRules, now: Nanos) {
    this.id = said.id
    this.alive = new NodeAliveness(rules, now)
    this.#said = said
    this.#saidAt = now
    this.types = ServedTypes.of(said.types)
    this.runs = byType(said)
    this.sentAt = now
    this.#allowance = said.upMs >= WARM_AFTER_MS ? Infinity : FIRST
    this.#others = said.inHand
    this.took = new RecentHistogram(WINDOW, now)
    this.travelled = new RecentHistogram(WINDOW, now)
  }

  get said(): Said {
    return this.#said
  }

  get warm(): boolean {
    return this.#allowance >= 2 * this.#said.size
  }

  /** How many requests it has in hand, as far as this client can know. */
  get inHand(): number {
    return this.#others + this.inFlight
  }

  /** Whether it certainly has taken everything that this client has sent. */
  get hasAll(): boolean {
    return this.#taken === this.sent
  }

  /** Whether an answer to a question is expected. */
  get isAsked(): boolean {
    return this.#askedAfter !== null
  }

  /** Whether it certainly has nothing in hand. */
  get isAtRest(): boolean {
    return this.hasAll && this.inHand === 0
  }

  /** It said something of itself. */
  says(said: Said, now: Nanos): void {
    this.alive.heard(now)
    if (said.types !== this.#said.types) this.types = ServedTypes.of(said.types)
    this.#said = said
    this.#saidAt = now
    // Those that are more than it had are still on their way.
    this.#since = Math.max(0, this.inFlight - said.inHand)
    this.runs = byType(said)
    this.#hasInHand(said.inHand)
  }

  /** A request goes to it. @param workMs how much work it is there */
  sends(now: Nanos, workMs: number): void {
    this.inFlight++
    this.#workMs += workMs
    this.sent++
    this.#since++
    this.sentAt = now
    this.alive.sent(now)
  }

  /** A message without an answer goes to it: it counts until the node says more. */
  casts(now: Nanos): void {
    this.sent++
    this.#since++
    this.sentAt = now
    this.#others++
  }

  /** It has answered a request of this client. */
  answers({ sentAt, workMs }: SentRequest, { inHand, heldMs }: SaidWithAnswer, now: Nanos): void {
    this.alive.heard(now)
    this.answered++
    // One more for each answer: twice as many in each round.
    this.#allowance++
    this.took.record(now - sentAt, now)
    if (heldMs !== undefined) this.#travels(Math.max(0, now - sentAt - heldMs * NS_PER_MS), now)
    this.#less(workMs)
    this.#hasInHand(inHand)
  }

  /** This client gave a request up, or took it away. */
  loses({ workMs }: Pick<SentRequest, 'workMs'>): void {
    this.#less(workMs)
  }

  /** It is asked. */
  asks(): void {
    this.#askedAfter ??= this.sent
  }

  /** An answer to a question may be lost. */
  forgetsQuestion(): void {
    this.#askedAfter = null
  }

  /** It answered a question at once. */
  echoes(askedAt: Nanos, now: Nanos): void {
    this.#travels(now - askedAt, now)
    this.#taken = this.#askedAfter ?? this.#taken
    this.#askedAfter = null
  }

  /**
   * How much less time than its caller a node gets, in milliseconds: so that it can still say what became of a request before the
   * caller gives up, and begins nothing for callers that just did. As much as a question and its echo take; at most a tenth.
   */
  marginMs(leftMs: number): number {
    return leftMs === Infinity ? 0 : Math.min(1 + 2 * this.roundTripMs, leftMs * 0.1)
  }

  /** It was silent and came back: it is tried with few requests first. */
  coolDown(): void {
    this.#allowance = Math.min(this.#allowance, this.inFlight + FIRST)
  }

  /** Whether new requests should go to others, if there are some. */
  isDoubtful(now: Nanos): boolean {
    return this.#said.leaving || this.alive.isDoubtful(now, this.#said.everyMs)
  }

  /** Whether it begins nothing now: it is paused, or has no member that has started. */
  get isHalted(): boolean {
    return this.#said.halted !== undefined
  }

  /** Whether it warms up and has as much as it should. */
  get isFull(): boolean {
    return this.inFlight >= this.#allowance && !this.warm
  }

  /** When a request that is sent now may begin there, by its rate and back-offs, in milliseconds. 0: at once, or it does not say. */
  beginsInMs(now: Nanos): number {
    const { openings } = this.#said
    if (openings === undefined || this.#since < openings.free) return 0
    const { free, nextMs, everyMs } = openings
    return Math.max(0, nextMs + (this.#since - free) * everyMs - (now - this.#saidAt) / NS_PER_MS)
  }

  /**
   * How long a request that is sent now would probably take there, in milliseconds.
   *
   * @param expected of this request
   * @param anyMs how long a request runs there of which nothing is known: those of other clients
   */
  costMs(now: Nanos, { runMs }: Expected, anyMs: number): number {
    const { size, oldestWaitMs } = this.#said
    const { inHand } = this
    const run = Math.max(runMs, SHORTEST_MS)
    // How long the requests run that it has in hand.
    const each = inHand === 0 ? 0 : (this.#workMs + this.#others * Math.max(anyMs, SHORTEST_MS)) / inHand
    const ahead = inHand + 1 - size
    const ofMembers = ahead <= 0 ? 0 : Math.max((ahead / size) * each, Math.min(oldestWaitMs, each))
    const wait = Math.max(ofMembers, this.beginsInMs(now))
    // With equal times, the one with less work.
    return run + wait + this.#overdueMs(now, Math.max(run + wait, each)) + (inHand / size) * 0.001
  }

  /** How much longer than expected it has been silent with requests in hand: it may take that much longer again. */
  #overdueMs(now: Nanos, expectedMs: number): number {
    if (this.inFlight === 0) return 0
    return Math.max(0, this.alive.silentMs(now) - 2 * Math.max(expectedMs, this.roundTripMs) - SLACK_MS)
  }

  #travels(took: Nanos, now: Nanos): void {
    const ms = took / NS_PER_MS
    this.roundTripMs = this.roundTripMs === 0 ? ms : this.roundTripMs + NEWEST * (ms - this.roundTripMs)
    this.travelled.record(took, now)
  }

  #hasInHand(count: number): void {
    this.#others = Math.max(0, count - this.inFlight)
  }

  #less(workMs: number): void {
    this.inFlight = Math.max(0, this.inFlight - 1)
    this.#workMs = this.inFlight === 0 ? 0 : Math.max(0, this.#workMs - workMs)
    if (this.inFlight === 0) this.alive.rests()
  }
}

function byType({ runs }: Said): ReadonlyMap<string, RunOfType> | null {
  return runs === undefined ? null : new Map(runs.map((run) => [run.type, run]))
}
