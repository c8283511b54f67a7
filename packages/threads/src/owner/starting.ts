import type { Started } from '@genpool/core'
import type { Manifest } from '../protocol/messages'
import { decodeError, type EncodedValue } from '../values/errors'
import type { Endings } from './endings'
import { type Thread, UnusableModule } from './thread'

/** What the start of a member needs of its worker. */
export interface StartPorts {
  /** The thread has loaded the behaviour. */
  loaded(manifest: Manifest): void
  /** The thread is free for this member: has it call `init`. What this throws ends the thread. */
  begin(): void
  /** The member takes messages now. */
  ready(): void
  /** The thread is gone before its member has started. */
  died(cause: unknown): void
  /** The member does not start, and nobody hears what becomes of its thread. */
  givenUp(): void
}

/** The start of a member in its thread: waits for the thread, and for what `init` says there. */
export class Starting {
  /** Whether the thread has this member. */
  #hasBegun = false
  /** Whether the thread was left to another member. */
  #isLeft = false
  #answer: { resolve(started: Started): void; reject(error: unknown): void } | null = null

  constructor(
    private readonly thread: Thread,
    private readonly endings: Endings,
    private readonly ports: StartPorts,
  ) {}

  get isUnderWay(): boolean {
    return this.#answer !== null
  }

  /** Rejects with what `init` threw, or with why its thread is gone. A thread whose member does not start is ended. */
  async start(): Promise<Started> {
    const answer = new Promise<Started>((resolve, reject) => (this.#answer = { resolve, reject }))
    answer.catch(() => undefined)
    this.thread.hold(true)
    try {
      this.ports.loaded(await this.thread.loaded)
      await this.thread.free
      if (this.#isLeft) throw unwanted()
      if (this.thread.isGone) throw this.thread.cause
      if (this.endings.isHurried) throw unwanted()
      this.#hasBegun = true
      this.ports.begin()
      const started = await answer
      if (this.thread.isGone) throw this.thread.cause
      if (started.kind === 'ready' || started.kind === 'continue') this.ports.ready()
      else this.#giveUp()
      return started
    } catch (error) {
      if (this.#isLeft) throw error
      this.#giveUp()
      if (error instanceof UnusableModule) return { kind: 'refuse', reason: error.error }
      if (this.thread.isGone && error === this.thread.cause) this.ports.died(error)
      throw error
    } finally {
      this.#answer = null
    }
  }

  /** Another member may have the thread. Returns false if this one has it already, and nothing is left. */
  leave(): boolean {
    if (this.#answer === null || this.#hasBegun || this.endings.isHurried) return false
    this.#isLeft = true
    this.#answer = null
    this.thread.hold(false)
    this.ports.givenUp()
    return true
  }

  #giveUp(): void {
    this.endings.kill()
    this.ports.givenUp()
  }

  started(started: Started): void {
    this.#answer?.resolve(started)
  }

  notStarted(error: EncodedValue): void {
    this.#answer?.reject(decodeError(error))
  }

  /** The thread is gone. */
  died(cause: unknown): void {
    this.#answer?.reject(cause)
  }
}

function unwanted(): Error {
  return new Error('nobody waits for its start any longer')
}
