import { type Clock, NS_PER_MS, WakeTimer } from '@genpool/runtime'

/** How long the server may keep them if nothing is given back. */
const SOON_MS = 100

/**
 * Requests for casts that were cancelled, as long as the server may keep them.
 *
 * A server (seen with 2.9) that has only such requests takes a cast that comes back (one that was given back, or is tried again) for the first
 * of them, and sees too late that nobody hears it. Then this cast waits for "ackWait", the delivery counts, and another one that was
 * delivered before comes as a new one. A server that is asked about its consumers forgets these requests.
 */
export class CancelledPulls {
  #areLeft = false
  #asking: Promise<void> | null = null
  readonly #wake: WakeTimer

  /** @param ask asks the server about its consumers */
  constructor(
    private readonly clock: Clock,
    private readonly ask: () => Promise<unknown>,
  ) {
    this.#wake = new WakeTimer(clock, () => void this.forgotten())
  }

  /** Some were cancelled. The server forgets them soon. */
  add(): void {
    this.#areLeft = true
    this.#wake.wakeAt(this.clock.now() + SOON_MS * NS_PER_MS, false)
  }

  /** Resolves when the server has forgotten them; null if it has. Never rejects. */
  forgotten(): Promise<void> | null {
    if (this.#areLeft) this.#asking ??= this.#forget()
    return this.#asking
  }

  end(): void {
    this.#wake.cancel()
  }

  async #forget(): Promise<void> {
    while (this.#areLeft) {
      this.#areLeft = false
      // It did not answer: they expire after a while.
      await this.ask().catch(() => undefined)
    }
    this.#asking = null
  }
}
