import type { JetStreamManager } from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'

/** The time of the server, so that ages are right whatever the clocks of machines show. */
export class ServerClock {
  #epochMs = 0
  #at: Nanos

  constructor(
    private readonly clock: Clock,
    private readonly names: QueueNames,
  ) {
    this.#at = clock.now()
  }

  /** Now, in milliseconds since 1970, by the clock of the server. */
  now(): number {
    return this.#epochMs + (this.clock.now() - this.#at) / NS_PER_MS
  }

  /** Stores something, and looks when that was. Half a round trip is the error. */
  async set(publisher: Publisher, jsm: JetStreamManager): Promise<void> {
    const subject = this.names.triesOf('clock')
    const before = this.clock.now()
    const { seq } = await publisher.store({ subject, frame: new Uint8Array() })
    const after = this.clock.now()
    const stored = await jsm.streams.getMessage(this.names.tries, { seq })
    if (stored === null) return
    this.#epochMs = stored.time.getTime()
    this.#at = (before + after) / 2
  }
}
