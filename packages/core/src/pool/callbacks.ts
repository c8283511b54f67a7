import { readable } from '../behaviours/ended-drafts'
import { callSafely, letGo, Notices, showValue, type Turn, warnOf, warnOfCallback } from '@genpool/runtime'
import { titleOf } from '../requests/callback-title'
import type { LiveSettings } from './settings'

/** Calls user callbacks that nothing waits for. What one throws or rejects with is reported, and changes nothing for the pool. */
export class Callbacks {
  /** Made with the first notice. */
  #notices: Notices | null = null
  #randomHasFailed = false

  constructor(
    private readonly pool: string,
    private readonly turn: Turn,
    private readonly settings: LiveSettings,
  ) {}

  /** Calls a callback as a part of the current operation. */
  callSafely(callback: () => unknown, name?: string): void {
    callSafely(callback, (error) =>
      this.report(readable(error), name === undefined ? undefined : titleOf(name, this.pool)),
    )
  }

  /**
   * Calls a callback that only reports an event: after the current operation, and after earlier events. It may use the pool like
   * any other code.
   */
  tell(callback: () => unknown, name?: string): void {
    this.#add(() => this.callSafely(callback, name))
  }

  /** Returns a random number in [0, 1), from the option `random`. If that does not give one, it is reported once, and is not asked again. */
  random(): number {
    const { random } = this.settings.current
    if (random === Math.random || this.#randomHasFailed) return Math.random()
    try {
      const value: unknown = random()
      if (typeof value === 'number' && value >= 0 && value < 1) return value
      letGo(value)
      throw new TypeError(`It returned ${showValue(value)}; expected a number in [0, 1).`)
    } catch (error) {
      this.#randomHasFailed = true
      this.report(error, titleOf('random', this.pool, 'Math.random takes its place'))
      return Math.random()
    }
  }

  /** Calls `after` when all is told that there is to tell: at once if that is so now. */
  whenTold(after: () => void): void {
    if (this.#notices === null || this.#notices.isIdle) after()
    else this.#add(after)
  }

  /**
   * Reports an error of a user callback: to `onCallbackError`, by default as a warning of the process.
   *
   * @param title of the warning; by default it says that the callback threw
   */
  report(error: unknown, title?: string): void {
    const warn = (warned: unknown): void => warnOfCallback('pool', this.pool, warned)
    const warnOfOnError = (warned: unknown): void => warnOf(titleOf('onCallbackError', this.pool), warned)
    const onError = this.settings.current.onCallbackError
    if (onError !== undefined) this.#add(() => callSafely(() => onError(error), warnOfOnError))
    else if (title === undefined) warn(error)
    else warnOf(title, error)
  }

  #add(notice: () => void): void {
    this.#notices ??= new Notices(this.turn)
    this.#notices.add(notice)
  }
}
