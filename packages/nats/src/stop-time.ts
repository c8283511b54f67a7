import { type Clock, type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { flushed } from './link'

/** How often it looks whether the server was heard, and how many looks without a word make it silent. */
const LOOK_MS = 250
const SILENT_LOOKS = 4

/**
 * The time that a stop has. What needs the server may take longer, but only as long as that is heard: a connection may be silent for
 * minutes before NATS says that it is lost.
 */
export class StopTime {
  readonly #end: Nanos
  #isOver = false
  #isListening = false
  /** Looks since the last word. Counted, not timed: a process that stood still has not read yet what the server said. */
  #unheard = 0
  #timer: Timer | undefined
  #tell!: () => void
  readonly #silent = new Promise<void>((resolve) => (this.#tell = resolve))

  /** @param withinMs may be Infinity: then it waits for the server until its connection is lost */
  constructor(
    private readonly connection: NatsConnection,
    private readonly clock: Clock,
    withinMs: number,
  ) {
    this.#end = clock.now() + withinMs * NS_PER_MS
    if (withinMs !== Infinity) this.#look()
  }

  /** Waits for the work, but for no silent server once the time is over. */
  async for(work: Promise<unknown> | null): Promise<void> {
    await Promise.race([work, this.#silent])
  }

  /** Nobody waits any more. */
  end(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  #look(): void {
    if (this.#isOver) return
    const now = this.clock.now()
    if (this.#unheard >= SILENT_LOOKS && now >= this.#end) return this.#tell()
    this.#listen()
    this.#unheard++
    this.#timer = this.clock.setTimer(now + LOOK_MS * NS_PER_MS, () => this.#look(), false)
  }

  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    void flushed(this.connection).then((isHeard) => {
      this.#isListening = false
      if (isHeard) this.#unheard = 0
    })
  }
}
