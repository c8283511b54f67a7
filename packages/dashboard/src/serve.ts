import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDashboard } from './dashboard'
import { checkedServerOptions, type CheckedServerOptions, type ServerOptions } from './options'

/** A dashboard with a server of its own. */
export interface ServedDashboard {
  /** The address of the page, as in `http://127.0.0.1:4000/`. */
  readonly url: string
  /** Ends all open pages and the server. Resolves when its port is free. */
  readonly close: () => Promise<void>
}

/**
 * Serves a live page over pools: throughput, waits, members, what waits, and what `explain` finds.
 *
 * Only this machine sees it, and nobody changes anything, unless the options say otherwise. The server keeps the process
 * alive until `close`.
 *
 * @throws {OptionsError} if an option is wrong; nothing is started
 * @returns rejects if the port cannot be listened on, with Node's error
 * @example const { url, close } = await serveDashboard({ pools: [db, mail], port: 4000 })
 */
export async function serveDashboard(options: ServerOptions): Promise<ServedDashboard> {
  const { port, host, hosts, ...rest } = checkedServerOptions(options)
  const { handler, close } = createDashboard({ ...rest, hosts: [...hosts, host] })
  const server = createServer(handler)
  try {
    await listen(server, { port, host })
  } catch (error) {
    close()
    throw error
  }
  return {
    url: `http://${nameOf(host)}:${(server.address() as AddressInfo).port}/`,
    close: () => {
      close()
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function listen(server: Server, place: Pick<CheckedServerOptions, 'port' | 'host'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(place, resolve)
  })
}

function nameOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
