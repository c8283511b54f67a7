import { AsyncResource } from 'node:async_hooks'
import { type Runnable, type Turn, TURN_BUDGET } from './turn'

/** How many notices are told at once, however long they take: those of one operation are seldom more. */
const AT_ONCE = 16
/** How many notices that callbacks cause are told before the event loop goes on, even if the clock stands still. */
const MOST_CAUSED = 1000

const RESOLVED = Promise.resolve()

/** Something that a user is told. It runs in the asynchronous context of what it tells of. */
class Notice extends AsyncResource {
  // A resource costs 40 ns; AsyncLocalStorage.snapshot() 20 µs on Node 20.
  constructor(private readonly callback: () => void) {
    super('GenPoolNotice')
  }

  tell(): void {
    this.runInAsyncScope(this.callback)
  }
}

/**
 * Calls user callbacks about what has happened: in that order, one after the other, and never inside of the operation that they
 * tell of. So a callback finds everything consistent, and may do what it likes.
 *
 * They run in a microtask of the same turn, before a caller continues that the operation has answered. A storm of them takes as
 * much time in each turn as other work does, and then lets Node handle timers, input and output. At least an eighth of what waits
 * is told in each turn, and the first 16: callbacks that are slower than what they tell of slow the process down, and do not fill its memory.
 *
 * Nothing is lost: what cannot be told now is told in the next turn, whatever has ended by then.
 */
export class Notices implements Runnable {
  #waiting: Notice[] = []
  #scheduled = false

  constructor(private readonly turn: Turn) {}

  /** Whether all has been told. */
  get isIdle(): boolean {
    return !this.#scheduled
  }

  /** Calls `callback` after what runs now. It must not throw. */
  add(callback: () => void): void {
    this.#waiting.push(new Notice(callback))
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule()
  }

  /** For the turn, which has nothing to run here. */
  run(): void {
    // Notices have microtasks of their own: other work that uses up the turn must not delay them past the caller.
  }

  /** The last turn is over: tells what is left. */
  rest(): void {
    this.#schedule()
  }

  #schedule(): void {
    void RESOLVED.then(this.#tell)
  }

  readonly #tell = (): void => {
    const { turn } = this
    const waiting = this.#waiting
    const until = turn.refresh() + TURN_BUDGET
    const least = Math.max(waiting.length / 8, Math.min(waiting.length, AT_ONCE))
    const most = waiting.length + MOST_CAUSED
    let told = 0
    try {
      while (told < waiting.length && (told < least || (told < most && turn.refresh() < until))) {
        waiting[told++]?.tell()
      }
    } finally {
      waiting.splice(0, told)
      this.#scheduled = waiting.length > 0
      if (this.#scheduled) turn.touch(this)
    }
  }
}
