import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { CallerSignal } from './caller-signal'

/** A generation ends after this time, or when it has so many answers or bytes of them. Two of them are remembered. */
const GENERATION_MS = 5000
const MOST_ANSWERS = 10_000
/** The bytes of both generations together, unless another bound is given. */
const MOST_BYTES = 64_000_000

/** The answer of what has come, and has none yet. */
export const NO_ANSWER = new Uint8Array(0)

/** What a node knows of a request that is sent again. */
export type Remembered =
  | { readonly kind: 'running' }
  /** The frame is empty if there is no answer yet. */
  | { readonly kind: 'answered'; readonly frame: Uint8Array }
  /** It certainly has not come. */
  | { readonly kind: 'new' }
  /** It may have come: it is too long ago to know. */
  | { readonly kind: 'forgotten' }

/** A request: the signal of its caller while it runs, then its answer. */
type Entry = CallerSignal | Uint8Array

/**
 * Remembers for a while which requests a node has had, and how it answered. A request whose answer may be lost, because a connection
 * was, is sent again: it gets the same answer, and never runs twice. Pure: time is an argument.
 *
 * Fast path: two generations, of which the older is thrown away as a whole, instead of an age per request. Costs one entry of a map
 * per request.
 */
export class Memory {
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  /** Since when requests are in the young generation, and in the old one. All that came after the latter are known. */
  #youngSince: Nanos
  #oldSince: Nanos
  #answers = 0
  #bytes = 0
  #running = 0

  /** @param mostBytes of answers, in both generations together */
  constructor(
    now: Nanos,
    private readonly mostBytes: () => number = () => MOST_BYTES,
  ) {
    this.#youngSince = this.#oldSince = now
  }

  get running(): number {
    return this.#running
  }

  /** A request begins. Returns the signal of its caller. @param mayReturn whether it may be given back */
  began(id: string, now: Nanos, mayReturn = false): CallerSignal {
    this.#age(now)
    const signal = new CallerSignal(now, mayReturn)
    this.#young.set(id, signal)
    this.#running++
    return signal
  }

  /**
   * A request has ended.
   *
   * @param make makes its answer: it is called when the request no longer counts as running, with how long it was here
   */
  answered(id: string, now: Nanos, make: (heldNs: Nanos | undefined) => Uint8Array): Uint8Array {
    const caller = this.callerOf(id)
    if (caller !== undefined) this.#running--
    const frame = make(caller === undefined ? undefined : now - caller.begunAt)
    if (caller !== undefined) {
      // However long it ran, its answer is young.
      this.#young.set(id, frame)
      this.#answers++
      this.#bytes += frame.length
    }
    return frame
  }

  /** A request that runs is given back: if it comes again, it is new. */
  forget(id: string): void {
    if (this.callerOf(id) === undefined) return
    this.#running--
    this.#young.delete(id)
    this.#old.delete(id)
  }

  /** The callers of all that runs. */
  *callers(): Iterable<CallerSignal> {
    for (const [id, entry] of this.#old) if (entry instanceof CallerSignal && !this.#young.has(id)) yield entry
    for (const entry of this.#young.values()) if (entry instanceof CallerSignal) yield entry
  }

  /** What does not count as running has come, with its answer: an empty frame if there is none yet. */
  note(id: string, frame: Uint8Array, now: Nanos): void {
    this.#age(now)
    if (this.callerOf(id) !== undefined) return
    this.#young.set(id, frame)
    this.#answers++
    this.#bytes += frame.length
  }

  /** The caller of a request that runs; undefined if it does not. */
  callerOf(id: string): CallerSignal | undefined {
    const entry = this.#young.get(id) ?? this.#old.get(id)
    return entry instanceof CallerSignal ? entry : undefined
  }

  /** Whether a request runs, or its answer is kept. */
  stateOf(id: string): 'running' | 'answered' | undefined {
    const entry = this.#young.get(id) ?? this.#old.get(id)
    if (entry instanceof CallerSignal) return 'running'
    return entry === undefined || entry.length === 0 ? undefined : 'answered'
  }

  /** @param ageMs how long ago it was sent first */
  recall(id: string, ageMs: number, now: Nanos): Remembered {
    this.#age(now)
    const entry = this.#young.get(id) ?? this.#old.get(id)
    if (entry instanceof CallerSignal) return { kind: 'running' }
    if (entry !== undefined) return { kind: 'answered', frame: entry }
    return now - ageMs * NS_PER_MS > this.#oldSince ? { kind: 'new' } : { kind: 'forgotten' }
  }

  #age(now: Nanos): void {
    const isOld = now - this.#youngSince > GENERATION_MS * NS_PER_MS
    // Requests that run do not count: they are kept in any case, and moving many of them for each new one would take long.
    if (!isOld && this.#answers < MOST_ANSWERS && this.#bytes < this.mostBytes() / 2) return
    const [old, young] = [this.#old, this.#young]
    const running = [...old].filter(([id, entry]) => entry instanceof CallerSignal && !young.has(id))
    this.#old = young
    this.#young = new Map(running)
    this.#oldSince = this.#youngSince
    this.#youngSince = now
    this.#answers = 0
    this.#bytes = 0
  }
}
