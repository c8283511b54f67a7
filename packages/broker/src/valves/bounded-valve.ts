import { type Nanos } from '@genpool/runtime'
import { InvalidError } from '../errors'
import { type Continuation, type Valve } from './valve'

/** The bounds of every valve. */
export interface ValveRules {
  /** The least number of tasks that may always run. */
  readonly min: number
  /** The greatest number of tasks that may run. */
  readonly max: number
}

const DONE: Continuation = Object.freeze({ result: 'done' })
const UNKNOWN: Continuation = Object.freeze({ result: 'unknown' })

/**
 * A valve that is open below `min` and closed at `max`; in between it follows the rule of a subclass.
 *
 * The rule says since when the valve is open (`openSince`) and what a start uses up (`use`).
 */
export abstract class BoundedValve<T, R extends ValveRules> implements Valve<T> {
  readonly status: { open: boolean; openAt: Nanos | null; wakeAt: Nanos | null } = {
    open: false,
    openAt: null,
    wakeAt: null,
  }
  protected rules: R
  /** Since when fewer than `min` run. */
  protected smallSince: Nanos
  readonly #tasks: Set<T>

  constructor(rules: R, now: Nanos, tasks: Iterable<T>) {
    this.rules = rules
    this.smallSince = now
    this.#tasks = new Set(tasks)
  }

  get size(): number {
    return this.#tasks.size
  }

  tasks(): readonly T[] {
    return [...this.#tasks]
  }

  ask(task: T, now: Nanos): Nanos {
    this.look(now)
    if (!this.status.open) throw refused('the valve is closed; a task may start only while it is open')
    if (this.#tasks.has(task)) throw refused('the task runs already')
    this.#tasks.add(task)
    const since = this.size <= this.rules.min ? this.sinceBelowMin() : this.use(now)
    this.look(now)
    return since
  }

  done(task: T, now: Nanos): boolean {
    const known = this.#end(task, now)
    this.look(now)
    return known
  }

  continue(task: T, now: Nanos): Continuation {
    const continuation = this.#continue(task, now)
    this.look(now)
    return continuation
  }

  update(_relativeTime: Nanos, now: Nanos): void {
    this.look(now)
  }

  timeout(now: Nanos): void {
    this.look(now)
  }

  abstract configure(options: unknown, now: Nanos): void

  /** Since when the valve is open for one more task between `min` and `max`; `Infinity` if only an event can open it. */
  protected abstract openSince(): Nanos

  /** Starts a task between `min` and `max`; returns since when the valve was open for it. */
  protected abstract use(now: Nanos): Nanos

  /** Lets a task between `min` and `max` continue. */
  protected reuse(now: Nanos): Nanos {
    return this.use(now)
  }

  protected sinceBelowMin(): Nanos {
    return this.smallSince
  }

  /** Reports that a task above `min` has ended. */
  protected freed(_now: Nanos): void {
    // Most rules ignore it.
  }

  /** Computes the status. */
  protected look(now: Nanos): void {
    const { status } = this
    status.wakeAt = null
    if (this.size < this.rules.min) {
      status.open = true
      status.openAt = this.sinceBelowMin()
    } else if (this.size >= this.rules.max) {
      status.open = false
      status.openAt = null
    } else {
      const since = this.openSince()
      status.open = since <= now
      status.openAt = since === Infinity ? null : since
    }
  }

  #continue(task: T, now: Nanos): Continuation {
    const { min, max } = this.rules
    const known = this.#tasks.has(task)
    if (this.size < min) return known ? { result: 'go', since: this.smallSince } : UNKNOWN
    if (this.size === min) return known ? { result: 'go', since: now } : UNKNOWN
    if (this.size <= max && this.openSince() <= now) {
      return known ? { result: 'go', since: this.reuse(now) } : UNKNOWN
    }
    return this.#end(task, now) ? DONE : UNKNOWN
  }

  #end(task: T, now: Nanos): boolean {
    const before = this.size
    if (!this.#tasks.delete(task)) return false
    if (before === this.rules.min) this.smallSince = now
    if (before > this.rules.min) this.freed(now)
    return true
  }
}

function refused(message: string): InvalidError {
  return new InvalidError('start of a task', [{ path: [], message }])
}
