import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import { type CellKey, ConflictError, type Lease } from '@genpool/state-ane'
import type { LeaseMark } from './content'

/** What a lease needs of its backing. */
export interface LeasePorts {
  readonly clock: Clock
  /** Whether the last known revision says so. */
  isHeld(): boolean
  /** Writes it again. Resolves with false if somebody else has it. */
  renew(mark: LeaseMark): Promise<boolean>
  /** Takes it out of its entry. Never rejects: if that fails, it is tried again later. */
  release(): Promise<void>
  /** Nobody holds it here any more. */
  ended(): void
}

/**
 * The right to commit to a cell, written into its entry.
 *
 * It is renewed while it is held, so that it only ends if this process is gone or stands still. Others break it then: the entry has
 * another revision, and what is still written under this lease is refused.
 */
export class NatsLease implements Lease {
  #timer: Timer | undefined
  #isLost = false
  #renewed = 0

  constructor(
    private readonly key: CellKey,
    private readonly mark: LeaseMark,
    private readonly ports: LeasePorts,
  ) {
    this.#later()
  }

  get isHeld(): boolean {
    if (!this.#isLost && !this.ports.isHeld()) this.forget()
    return !this.#isLost
  }

  check(): void {
    if (!this.isHeld) throw new ConflictError(this.key, 'released')
  }

  async release(): Promise<void> {
    const wasHeld = this.isHeld
    this.forget()
    if (wasHeld) await this.ports.release()
  }

  /** From now on it is not held here. */
  forget(): void {
    this.#isLost = true
    this.#timer?.cancel()
    this.ports.ended()
  }

  #later(): void {
    const { clock } = this.ports
    const at = clock.now() + (this.mark.ms / 3) * NS_PER_MS
    this.#timer = clock.setTimer(at, () => void this.#renew(), false)
  }

  async #renew(): Promise<void> {
    if (this.#isLost) return
    const next = { ...this.mark, renewed: ++this.#renewed }
    // Without an answer it is tried again: if somebody has broken it, that is found then.
    const isHeld = await this.ports.renew(next).catch(() => true)
    if (!isHeld) this.forget()
    else if (!this.#isLost) this.#later()
  }
}
