import type { NatsConnection } from '@nats-io/transport-node'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { ServerMs } from './delays'
import { ACK, againIn, type Incoming } from './incoming'

/** A server that is killed may forget what it was told for about a second before; of more than so many, the last ones are known. */
const KEEP_MS = 5000
const MOST = 20_000

interface Said {
  readonly reply: string
  /** When it is to come again; null: it is done. */
  readonly backAt: ServerMs | null
  readonly at: Nanos
}

/**
 * What a server was told of casts last.
 *
 * After a kill it may count as in hand what is done, and its message gone. In a lane of which many are in hand, nats-server 2.9 delivers
 * nothing again behind such a one until something else wakes it. So it is told once more.
 */
export class Told {
  /** The oldest first. Those of the time before the last turn are dropped together. */
  #before: Said[] = []
  #now: Said[] = []

  constructor(
    private readonly ports: { readonly connection: NatsConnection; readonly clock: Clock; now(): ServerMs },
  ) {}

  done(incoming: Incoming): void {
    incoming.acknowledge()
    this.#add(incoming, null)
  }

  again(incoming: Incoming, backAt: ServerMs): void {
    incoming.again(Math.max(1, backAt - this.ports.now()))
    this.#add(incoming, backAt)
  }

  /** Nothing of it is so any more. */
  forget(): void {
    this.#before = []
    this.#now = []
  }

  /** Tells it all once more. */
  repeat(): void {
    const { connection, clock, now } = this.ports
    const oldest = clock.now() - KEEP_MS * NS_PER_MS
    const last = new Map<string, Said>()
    for (const said of [...this.#before, ...this.#now]) if (said.at >= oldest) last.set(said.reply, said)
    for (const { reply, backAt } of last.values()) {
      try {
        connection.publish(reply, backAt === null ? ACK : againIn(Math.max(1, backAt - now())))
      } catch {
        // The connection is closed.
        return
      }
    }
  }

  #add({ message: { reply = '' } }: Incoming, backAt: ServerMs | null): void {
    this.#now.push({ reply, backAt, at: this.ports.clock.now() })
    if (this.#now.length < MOST / 2) return
    this.#before = this.#now
    this.#now = []
  }
}
