import { type Nanos } from '@genpool/runtime'

/** Whether a valve lets tasks in, as of the last call. Used again by the next call. */
export interface ValveStatus {
  readonly open: boolean
  /** When it opened, or will open by itself if nothing happens; null if only an event can open it. */
  readonly openAt: Nanos | null
  /** When the valve next wants `timeout`, or null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** What becomes of a task that asks to go on: it may, since when it could; it was ended; or the valve never knew it. */
export type Continuation = { readonly result: 'go'; readonly since: Nanos } | { readonly result: 'done' | 'unknown' }

/**
 * Decides how many tasks run at a time, from what the queue behind it feels.
 *
 * A valve is plain data: every time is handed in, in integer nanoseconds, and never decreases between calls. After each
 * call `status` says whether the next task may start. Users may bring their own; `valveContract` of
 * `@genpool/broker/testing` checks it.
 *
 * @typeParam T what stands for a task: a reference, an id
 */
export interface Valve<T = unknown> {
  /** How many tasks run. */
  readonly size: number
  readonly status: ValveStatus
  /** The tasks that run, in the order in which they came. */
  tasks(): readonly T[]
  /**
   * Starts a task; returns since when the valve has been open for it.
   *
   * @throws {InvalidError} if the valve is closed or the task runs already; nothing changes then
   */
  ask(task: T, now: Nanos): Nanos
  /** A task ended by itself; false if it does not run here. */
  done(task: T, now: Nanos): boolean
  /** A task asks to go on, as a new one would ask to start. */
  continue(task: T, now: Nanos): Continuation
  /** Tells how fast some queue moves: its relative time. Smaller (more negative) means that more tasks can be used. */
  update(relativeTime: Nanos, now: Nanos): void
  /** Lets time pass. */
  timeout(now: Nanos): void
  /** Changes the rule in place; running tasks stay. @throws {OptionsError} if the options are wrong; nothing changes then */
  configure(options: unknown, now: Nanos): void
}

/** Makes a valve of one's own. `tasks` run already. */
export type ValveFactory<T = unknown> = (now: Nanos, tasks: readonly T[]) => Valve<T>
