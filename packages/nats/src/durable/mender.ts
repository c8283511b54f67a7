import type { Clock } from '@genpool/runtime'
import { pause } from '../pause'

/** When a JetStream in trouble is asked again. */
const AGAIN_MS = 500

/** What mending needs. */
export interface MendingPorts {
  readonly clock: Clock
  /** Whether nothing is to be mended any more. */
  isOver(): boolean
  /** Forgets what was asked for. */
  forget(): Promise<unknown>
  /** Makes what is missing. */
  ensure(): Promise<void>
  /** What is told of an error of that. */
  troubleOf(error: unknown): string
  /** All is there. */
  mended(): void
}

/** Sees to it that streams and consumers are there: after a lost connection, when nothing is heard, and when they were deleted. */
export class Mender {
  #isMending = false
  #trouble: string | null = null

  constructor(private readonly ports: MendingPorts) {}

  get isMending(): boolean {
    return this.#isMending
  }

  /** What the last look at JetStream said; null if it was fine. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** @param afterMs it looks not before that */
  async mend(afterMs = 0): Promise<void> {
    const { ports } = this
    if (this.#isMending || ports.isOver()) return
    this.#isMending = true
    await ports.forget()
    if (afterMs > 0) await pause(ports.clock, afterMs, false)
    this.#trouble = await ports.ensure().then(
      () => null,
      (error: unknown) => ports.troubleOf(error),
    )
    if (this.#trouble !== null) await pause(ports.clock, AGAIN_MS, false)
    this.#isMending = false
    if (this.#trouble === null) ports.mended()
    else void this.mend()
  }
}
