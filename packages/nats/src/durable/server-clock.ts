import type { JetStreamManager } from '@nats-io/jetstream'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { hasNoResponders, isFull } from './failures'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'
import { refusedWrite } from './refused-writes'

/** As much of a JetStreamManager as it needs. */
export interface TimeKeeper {
  readonly streams: Pick<JetStreamManager['streams'], 'getMessage'>
}

/** A time that is so old is asked for again: the clock of the server may have been set. */
const OLD_MS = 60_000

/** The time of the server, so that ages are right whatever the clocks of machines show. */
export class ServerClock {
  /** Before the server has told: what this machine shows. */
  #epochMs = new Date().getTime()
  #at: Nanos
  #isAsking = false

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

  /** Asks again if that was long ago. Called now and then; never rejects. */
  async refresh(publisher: Pick<Publisher, 'store'>, jsm: TimeKeeper): Promise<void> {
    if (this.#isAsking || this.clock.now() - this.#at < OLD_MS * NS_PER_MS) return
    this.#isAsking = true
    // Without an answer, the time goes on as it was.
    await this.set(publisher, jsm).catch(() => undefined)
    this.#isAsking = false
  }

  /** Stores something, and looks when that was. Half a round trip is the error. Without room for it the time goes on as it was. */
  async set(publisher: Pick<Publisher, 'store'>, jsm: TimeKeeper): Promise<void> {
    const subject = this.names.triesOf('clock')
    const before = this.clock.now()
    const seq = await publisher.store({ subject, frame: new Uint8Array() }).then(
      (stored) => stored.seq,
      (error: unknown) => {
        if (isFull(error)) return null
        // JetStream is there: it has answered before.
        throw hasNoResponders(error) ? new Error(refusedWrite(error, subject)?.says, { cause: error }) : error
      },
    )
    if (seq === null) return
    const after = this.clock.now()
    const stored = await jsm.streams.getMessage(this.names.tries, { seq })
    if (stored === null) return
    this.#epochMs = stored.time.getTime()
    this.#at = (before + after) / 2
  }
}
