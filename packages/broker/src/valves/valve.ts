import { type Nanos } from '@genpool/runtime'

/** Whether a valve is open after the last call. The next call reuses the object. */
export interface ValveStatus {
  readonly open: boolean
  /** When it opened, or when it will open if nothing else happens; null if only an event can open it. */
  readonly openAt: Nanos | null
  /** When to call `timeout` next; null for never. Earlier or later is allowed. */
  readonly wakeAt: Nanos | null
}

/** The answer to a task that asks to continue: `go`, and since when; `done`, it was ended; `unknown`, it is not running. */
export type Continuation = { readonly result: 'go'; readonly since: Nanos } | { readonly result: 'done' | 'unknown' }

/**
 * Decides how many tasks run at a time, from the relative times of a queue.
 *
 * A valve is plain data: every time is an argument, in integer nanoseconds, and never decreases between calls. After each
 * call `status` says whether the next task may start. Users may write their own; `valveContract` of
 * `@genpool/broker/testing` checks it.
 *
 * @typeParam T the identity of a task: a reference, an id
 */
export interface Valve<T = unknown> {
  /** How many tasks run. */
  readonly size: number
  readonly status: ValveStatus
  /** The running tasks, in the order in which they started. */
  tasks(): readonly T[]
  /**
   * Starts a task; returns since when the valve has been open for it.
   *
   * @throws {InvalidError} if the valve is closed or the task is already running; nothing changes then
   */
  ask(task: T, now: Nanos): Nanos
  /** Reports that a task has ended; false if it is not running here. */
  done(task: T, now: Nanos): boolean
  /** Asks whether a running task may continue, by the rule for a new one. */
  continue(task: T, now: Nanos): Continuation
  /** Reports how fast a queue moves: its relative time. With a smaller (more negative) one, more tasks are useful. */
  update(relativeTime: Nanos, now: Nanos): void
  /** Reports that time has passed. */
  timeout(now: Nanos): void
  /** Changes the rule in place; running tasks stay. @throws {OptionsError} if the options are wrong; nothing changes then */
  configure(options: unknown, now: Nanos): void
}

/** Makes a user's own valve. `tasks` are already running. */
export type ValveFactory<T = unknown> = (now: Nanos, tasks: readonly T[]) => Valve<T>
