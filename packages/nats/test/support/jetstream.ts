import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endServers, freePort, type NatsServer, startServer } from './server'

const folders: string[] = []
const folderOfServer = new WeakMap<NatsServer, string>()

/** Starts a server with JetStream, whose files outlive its restarts. `more`: lines of its configuration; `limits`: of JetStream's. */
export async function startJetStream(more = '', limits = ''): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-jetstream-'))
  folders.push(folder)
  const server = await startServer(`jetstream { store_dir: ${JSON.stringify(folder)}\n${limits} }\n${more}`)
  folderOfServer.set(server, folder)
  return server
}

/** Where a server has its files. */
export function folderOf(server: NatsServer): string {
  return folderOfServer.get(server) as string
}

/** Starts a cluster of three servers with JetStream. */
export async function startJetStreamCluster(): Promise<NatsServer[]> {
  const ports = await Promise.all([1, 2, 3].map(freePort))
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(', ')
  const start = (port: number, i: number): Promise<NatsServer> =>
    startJetStream(
      `server_name: server-${i}\ncluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}], no_advertise: true }`,
    )
  return Promise.all(ports.map(start))
}

/** Ends the servers and removes their files. */
export async function endJetStream(): Promise<void> {
  await endServers()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
