import { NS_PER_MS, systemClock, type Timer } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'

/** How often it looks while the connection is lost. */
const LOOK_MS = 1000
/** No server; it stands in the list for no longer than this turn. */
const NOBODY = '127.0.0.1:1'

/**
 * Sees to a connection that is lost after the wall clock was set back. NATS' client tries a server again when a while has passed since
 * its last attempt, by the wall clock: set back by an hour, it would not try for an hour. Servers that are new in its list are tried at
 * once.
 */
export class SetBackWatch {
  #timer: Timer | null = null

  constructor(private readonly connection: NatsConnection) {}

  /** The connection is lost. */
  start(): void {
    this.#timer ??= systemClock.setTimer(systemClock.now() + LOOK_MS * NS_PER_MS, this.#look, false)
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  readonly #look = (): void => {
    this.#timer = null
    const { connection } = this
    if (connection.isClosed()) return
    // A client of an older version cannot do it.
    const servers = (connection as Partial<NatsConnection>).getServers?.() ?? []
    if (servers.some(({ lastConnect }) => lastConnect > wallClock() + LOOK_MS)) {
      const listed = servers.map(({ listen }) => listen)
      connection.setServers([NOBODY])
      connection.setServers(listed)
    }
    this.start()
  }
}

/** The time of the day, with which NATS' client compares. */
function wallClock(): number {
  return new Date().getTime()
}
