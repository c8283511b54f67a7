import { NS_PER_MS, systemClock, type Timer } from '@genpool/runtime'
import type { ToThread } from '../protocol/messages'
import { decodeError, encodeError, type EncodedValue } from '../values/errors'
import { endSoon } from './impatience'
import type { Thread } from './thread'

/** How long a `terminate` may take whose thread is for another member, or for a pool that has stopped, in milliseconds. */
const TERMINATE_MS = 5_000
/** How long a thread that is replaced while its handler runs may take to call `terminate`. It may be in an endless loop. */
const STUCK_MS = 100

/** How a member ends. */
export interface MemberEnd {
  readonly reason: unknown
  readonly poolStops: boolean
  /** Whether its handler still runs, or a message that may begin is left. */
  readonly isRunning: boolean
}

/** The end of a thread: by itself after its `terminate`, or by force if that takes too long. */
export class Endings {
  isEnding = false
  /** Whether its member has come to its end. */
  hasEnded = false
  /** Whether nobody waits for it any longer. */
  isHurried = false
  #isRunHurried = false
  /** Whether it is over, and nobody waits for it. */
  #isOver = false
  #error: unknown = undefined
  #timer: Timer | null = null
  #left: () => void = () => undefined

  constructor(private readonly thread: Thread) {}

  get isUnderWay(): boolean {
    return this.isEnding && !this.#isOver
  }

  /** Has the thread call `terminate`, and go on for another member. Rejects with what `terminate` threw. */
  async leave(post: (message: ToThread) => void, reason: unknown): Promise<void> {
    this.isEnding = true
    this.thread.hold(true)
    const left = new Promise<void>((resolve) => (this.#left = resolve))
    this.thread.free = Promise.race([left, this.thread.gone()])
    post(['end', encodeError(reason), false, true])
    this.#killAfter(TERMINATE_MS)
    await this.thread.free
    this.#timer?.cancel()
    // Its next member may hold it already: whoever looks after busy threads lets go of it.
    this.#isOver = true
    if (this.#error !== undefined) throw this.#error
  }

  /** Has the thread call `terminate` and end: the pool says when it is not waited for any longer. Rejects with what `terminate` threw. */
  async end(post: (message: ToThread) => void, { reason, poolStops, isRunning }: MemberEnd): Promise<void> {
    if (this.thread.isGone || this.isEnding) return
    this.isEnding = true
    this.thread.hold(true)
    post(['end', encodeError(reason), poolStops, false])
    this.#timer?.cancel()
    if (isRunning) this.#killAfter(STUCK_MS)
    await this.thread.gone()
    if (this.#error !== undefined) throw this.#error
  }

  /** The thread has called `terminate`. */
  ended(error: EncodedValue | null): void {
    this.hasEnded = true
    if (error !== null) this.#error = decodeError(error)
    this.#left()
  }

  /** Ends a thread that was not used. */
  kill(): void {
    this.isEnding = true
    void this.thread.gone().then(() => (this.#isOver = true))
    void this.thread.kill()
  }

  /** Nobody waits for what it runs: ends it if that does not end soon. Its member then has all the time to come to its own end. */
  endRunSoon(): void {
    if (this.#isRunHurried) return
    this.#isRunHurried = true
    endSoon(this.thread, () => this.isEnding || this.#isOver)
  }

  /** Nobody waits for it any longer. */
  hurry(): void {
    if (this.isHurried || this.thread.isGone) return
    this.isHurried = true
    endSoon(this.thread, () => this.#isOver)
  }

  died(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  #killAfter(ms: number): void {
    this.#timer?.cancel()
    this.#timer = systemClock.setTimer(systemClock.now() + ms * NS_PER_MS, () => void this.thread.kill(), false)
  }
}
