import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NatsServer, startServer } from './server'

const folders: string[] = []

/** Starts a server with JetStream. What it stores survives its restart. */
export async function startJetStream(): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-jetstream-'))
  folders.push(folder)
  return startServer(`jetstream { store_dir: "${folder}", max_memory_store: 64MB, max_file_store: 256MB }`)
}

/** Deletes what they have stored. Called after the servers have ended. */
export function endJetStream(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** Resolves when something holds; rejects with what was seen last when that takes too long. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Starts three servers with JetStream, which store on all of them. They are ended by `endCluster`. */
export async function startJetStreamCluster(): Promise<NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: 6 }, freePort))
  const routes = ports.slice(3).map((port) => `nats://127.0.0.1:${port}`)
  const servers = routes.map((route, i) => {
    const folder = mkdtempSync(join(tmpdir(), 'genpool-jetstream-'))
    folders.push(folder)
    const own = ['-a', '127.0.0.1', '-p', String(ports[i]), '-n', `server-${i}`, '-js', '-sd', folder]
    const port = ports[i] ?? 0
    return new NatsServer(port, [...own, '--cluster_name', 'test', '--cluster', route, '--routes', routes.join(',')])
  })
  cluster.push(...servers)
  await Promise.all(servers.map((server) => server.start()))
  return servers
}

export async function endCluster(): Promise<void> {
  await Promise.all(cluster.splice(0).map((server) => server.kill()))
}

const cluster: NatsServer[] = []

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
