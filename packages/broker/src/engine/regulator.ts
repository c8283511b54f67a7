import { checkTime, type Change, changesBetween, type Nanos, parseOptions } from '@genpool/runtime'
import { type Drop, NO_DROPS, type Queue } from '../queues/queue'
import { createQueue, reconfigureQueue } from '../queues/queue-options'
import { type Waiting } from '../queues/waiting'
import { type Continuation, type Valve } from '../valves/valve'
import { createValve, reconfigureValve } from '../valves/valve-options'
import { type CheckedRegulatorOptions, type RegulatorOptions, regulatorOptions } from './regulator-options'
import { later } from './time'

/** A task that left the queue and is now running. */
export interface Admission<out E extends Waiting> {
  readonly entry: E
  /** Since when the valve has been open for it. */
  readonly since: Nanos
}

/** What a regulator decided in the last call. The next call reuses the object; its lists never change. */
export interface RegulatorDecision<E extends Waiting> {
  /** Dropped tasks. */
  readonly dropped: readonly Drop<E>[]
  /** Queued tasks that may start now, in this order. */
  readonly admitted: readonly Admission<E>[]
  /** When to call `timeout` next; null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** What a regulator needs from its owner. */
export interface RegulatorHooks<E extends Waiting> {
  /** Whether a queued task can still start; otherwise it is skipped. Default: always. */
  isAlive?(entry: E): boolean
}

/**
 * Decides how many tasks run at a time: a valve, and a queue of tasks that wait for a place.
 *
 * Plain data like a broker: the owner passes the time, starts what is admitted, and calls `timeout` at `wakeAt`.
 */
export interface Regulator<E extends Waiting> {
  /** Drops, admissions and wake-up of the last call. The next call reuses the object. */
  readonly decision: RegulatorDecision<E>
  /** How many tasks wait. */
  readonly length: number
  /** How many tasks run. */
  readonly size: number
  /** The waiting tasks, oldest first. */
  readonly tasks: Iterable<E>
  /** Offers a task; returns since when the valve has been open for it, or null if it waits or was dropped. */
  ask(entry: E, now: Nanos): Nanos | null
  /** `ask` without waiting: drops the task if the valve is closed. */
  nbAsk(entry: E, now: Nanos): Nanos | null
  /** Reports that a running task has ended; false if it is not running here. */
  done(entry: E, now: Nanos): boolean
  /** Asks whether a running task may continue; unless the result is `go`, it no longer runs. */
  continue(entry: E, now: Nanos): Continuation
  /** Removes every task queued with this tag, without a drop; returns how many. */
  cancel(tag: unknown, now: Nanos): number
  /** Removes a task that gave up or died, waiting or running; false if it was neither. */
  remove(entry: E, now: Nanos): boolean
  /** Reports how fast a queue moves: its relative time. */
  update(relativeTime: Nanos, now: Nanos): void
  /** Reports that time has passed. */
  timeout(now: Nanos): void
  /**
   * Changes the options; options left out go back to their defaults. Queued and running tasks stay.
   *
   * @returns what changed, option by option
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  configure(options: RegulatorOptions, now: Nanos): readonly Change[]
}

class ValvedQueue<E extends Waiting> implements Regulator<E> {
  readonly decision: { dropped: readonly Drop<E>[]; admitted: readonly Admission<E>[]; wakeAt: Nanos | null } = {
    dropped: NO_DROPS,
    admitted: NO_DROPS,
    wakeAt: null,
  }
  #options: CheckedRegulatorOptions
  #queue: Queue<E>
  #valve: Valve<E>
  readonly #isAlive: (entry: E) => boolean
  /** The time of the last call. */
  #now: Nanos
  /** The lists of the decision while they are built. */
  #dropped: Drop<E>[] | null = null
  #admitted: Admission<E>[] | null = null

  constructor(options: RegulatorOptions, now: Nanos, hooks: RegulatorHooks<E>) {
    this.#now = now
    this.#options = checkRegulatorOptions(options)
    this.#queue = createQueue<E>(this.#options.queue, now)
    this.#valve = createValve<E>(this.#options.valve, now)
    this.#isAlive = hooks.isAlive?.bind(hooks) ?? (() => true)
  }

  get length(): number {
    return this.#queue.length
  }

  get size(): number {
    return this.#valve.size
  }

  get tasks(): Iterable<E> {
    return this.#queue
  }

  ask(entry: E, now: Nanos): Nanos | null {
    const open = this.#begin(now)
    const since = open ? this.#valve.ask(entry, now) : null
    if (!open) {
      this.#queue.enqueue(entry, now)
      this.#keepDrops()
    }
    this.#finish(now, open)
    return since
  }

  nbAsk(entry: E, now: Nanos): Nanos | null {
    const open = this.#begin(now)
    const since = open ? this.#valve.ask(entry, now) : null
    if (!open) {
      this.#drop({ entry, reason: 'busy', sojourn: now - entry.sentAt, waiting: this.#queue.length })
    }
    this.#finish(now)
    return since
  }

  done(entry: E, now: Nanos): boolean {
    this.#begin(now)
    const known = this.#valve.done(entry, now)
    this.#finish(now)
    return known
  }

  continue(entry: E, now: Nanos): Continuation {
    this.#begin(now)
    const continuation = this.#valve.continue(entry, now)
    this.#finish(now)
    return continuation
  }

  cancel(tag: unknown, now: Nanos): number {
    this.#begin(now)
    const count = this.#queue.cancel(tag, now)
    this.#keepDrops()
    this.#finish(now, true)
    return count
  }

  remove(entry: E, now: Nanos): boolean {
    this.#begin(now)
    const waited = this.#queue.remove(entry, now)
    this.#keepDrops()
    const ran = this.#valve.done(entry, now)
    this.#finish(now, true)
    return waited || ran
  }

  update(relativeTime: Nanos, now: Nanos): void {
    this.#begin(now)
    this.#valve.update(relativeTime, now)
    this.#finish(now)
  }

  timeout(now: Nanos): void {
    this.#begin(now)
    this.#finish(now)
  }

  configure(options: RegulatorOptions, now: Nanos): readonly Change[] {
    const from = this.#options
    const checked = checkRegulatorOptions(options)
    this.#begin(now)
    this.#queue = reconfigureQueue(this.#queue, { from: from.queue, to: checked.queue }, now)
    this.#keepDrops()
    this.#valve = reconfigureValve(this.#valve, { from: from.valve, to: checked.valve }, now)
    this.#options = checked
    this.#finish(now, true)
    return changesBetween(from, checked)
  }

  /**
   * Starts a decision. If the valve has opened with time, queued tasks come first.
   *
   * @throws {InvalidError} if time runs backwards; nothing changes then
   */
  #begin(now: Nanos): boolean {
    this.#now = later(this.#now, now)
    this.decision.dropped = NO_DROPS
    this.decision.admitted = NO_DROPS
    this.#dropped = null
    this.#admitted = null
    this.#valve.timeout(now)
    this.#fill(now)
    return this.#valve.status.open
  }

  /** Admits tasks while the valve is open. If it is then closed, lets the queue check ages, unless that was just done. */
  #finish(now: Nanos, looked = false): void {
    this.#fill(now)
    if (!looked) {
      this.#queue.timeout(now)
      this.#keepDrops()
    }
    const { status } = this.#valve
    const opens = status.open ? null : (status.openAt ?? status.wakeAt)
    this.decision.wakeAt = earlier(this.#queue.decision.wakeAt, opens !== null && opens > now ? opens : null)
  }

  #fill(now: Nanos): void {
    while (this.#valve.status.open && this.#queue.length > 0) {
      const entry = this.#queue.dequeue(now)
      this.#keepDrops()
      if (entry === null || !this.#isAlive(entry)) continue
      const since = this.#valve.ask(entry, now)
      if (this.#admitted === null) this.decision.admitted = this.#admitted = []
      this.#admitted.push({ entry, since })
    }
  }

  #keepDrops(): void {
    for (const drop of this.#queue.decision.dropped) this.#drop(drop)
  }

  #drop(drop: Drop<E>): void {
    if (this.#dropped === null) this.decision.dropped = this.#dropped = []
    this.#dropped.push(drop)
  }
}

function earlier(a: Nanos | null, b: Nanos | null): Nanos | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}

function checkRegulatorOptions(options: unknown): CheckedRegulatorOptions {
  return parseOptions(regulatorOptions, options, 'options of a regulator')
}

/**
 * Makes a regulator: tasks ask to run, a valve decides how many may, and a queue holds the others.
 *
 * @param options see `regulatorOptions`; times in milliseconds
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sregulator
 * @example const regulator = createRegulator<Waiting>({ valve: { type: 'rate', limit: 10 } }, 0)
 */
export function createRegulator<E extends Waiting>(
  options: RegulatorOptions,
  now: Nanos,
  hooks: RegulatorHooks<E> = {},
): Regulator<E> {
  checkTime('createRegulator', now)
  return new ValvedQueue<E>(options, now, hooks)
}
