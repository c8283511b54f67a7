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
 * @returns rejects if the port cannot be listened on, with the `code` of Node's error, as "EADDRINUSE"
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
    throw unusable(error as NodeJS.ErrnoException, `${nameOf(host)}:${port}`)
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

/** Node's error, with what to do. */
function unusable(error: NodeJS.ErrnoException, place: string): Error {
  const advice = ADVICE[error.code ?? ''] ?? 'Give another "host" or "port".'
  const message = `serveDashboard cannot listen on ${place}: ${error.message}. ${advice}`
  return Object.assign(new Error(message, { cause: error }), { code: error.code })
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Something else listens there, perhaps another dashboard: give another "port", or 0 for any free one.',
  EACCES: 'This user may not: give a "port" of 1024 or more.',
  EADDRNOTAVAIL: 'This machine does not have that address: give "host" one that it has, or \'0.0.0.0\' for all.',
  ENOTFOUND: 'Nobody knows that name: give "host" an address of this machine.',
}

function nameOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
