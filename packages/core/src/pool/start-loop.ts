import { type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import type { Listeners } from './listeners'
import type { Recorder, StartCounter, Timers } from './ports'

/** What failed starts need of the pool. */
export interface StartPorts {
  readonly listeners: Listeners
  readonly recorder: Recorder
  readonly timers: Timers
}

/** Starts one thing again after a failure, with the waits that supervision asks for. */
export class StartLoop {
  #retry: Timer | null = null
  /** Whether one died when it had started: that the next one starts does not show that it is better. */
  #hasDied = false

  constructor(
    private readonly counter: StartCounter,
    private readonly pool: StartPorts,
  ) {}

  /** How many starts failed in a row. */
  get failures(): number {
    return this.counter.failures
  }

  /** The same, for people. */
  get says(): string {
    return this.failures === 1 ? 'failed once' : `failed ${this.failures} times in a row`
  }

  /** The same, if the last one died. */
  get saysDied(): string {
    return this.failures === 1
      ? 'its member died as it started'
      : `its members died as they started, ${this.failures} times in a row`
  }

  /** Whether it waits for the next try. */
  get waits(): boolean {
    return this.#retry !== null
  }

  /** One has started. */
  started(): void {
    if (!this.#hasDied) this.counter.succeeded()
  }

  /** One has started, and works. */
  succeeded(): void {
    this.#hasDied = false
    this.counter.succeeded()
  }

  /** A start failed, and is not tried again. */
  gaveUp(info: MemberInfo, error: unknown): void {
    this.#tell(info, error, null)
  }

  /** One died when it had started, or before. As `failed`. */
  died(info: MemberInfo, error: unknown, again: () => void): boolean {
    this.#hasDied = true
    return this.failed(info, error, again, true)
  }

  /** A start failed. Calls `again` after the wait. Returns false if supervision allows no other try. */
  failed(info: MemberInfo, error: unknown, again: () => void, hasDied = false): boolean {
    const retryIn = this.counter.failed()
    this.#tell(info, error, retryIn, hasDied)
    if (retryIn === null) return false
    const retry = (): void => {
      this.#retry = null
      again()
    }
    // A pool that starts is not idle: callers and `ready` wait for it.
    this.#retry = this.pool.timers.after(retryIn / NS_PER_MS, retry, true)
    return true
  }

  cancel(): void {
    this.#retry?.cancel()
    this.#retry = null
  }

  #tell(info: MemberInfo, error: unknown, retryIn: Nanos | null, hasDied = false): void {
    this.pool.recorder.startFailed(error, hasDied)
    const { startFailed } = this.pool.listeners
    for (const listener of startFailed) listener.startFailed(info, { error, failures: this.counter.failures, retryIn })
  }
}
