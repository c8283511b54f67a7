import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import type { ChildReport, ChildSetup } from './node-child'

/** A server and nodes of the benchmark, and a client in this process. */
export interface Machines {
  readonly system: ActorSystemRef
  readonly connection: NatsConnection
  /** How many handlers began at the nodes, and how many of them after their caller gave up. */
  ran(): Promise<ChildReport>
  end(): Promise<void>
}

/** A server of the benchmark. */
export interface Server {
  readonly servers: string
  connect(): Promise<NatsConnection>
  end(): void
}

export async function startServer(args: readonly string[] = []): Promise<Server> {
  const port = await freePort()
  const all = ['-a', '127.0.0.1', '-p', String(port), ...args]
  const server = spawn('nats-server', all, { stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => chunk.toString().includes('Server is ready') && resolve())
    server.on('error', () => reject(new Error('This needs nats-server. On Debian: apt-get install -y nats-server')))
  })
  const servers = `127.0.0.1:${port}`
  return { servers, connect: () => connect({ servers }), end: () => void server.kill('SIGKILL') }
}

/** Starts a server, and one node for each time that a run takes there. */
export async function startMachines(name: string, runMs: readonly number[]): Promise<Machines> {
  const server = await startServer()
  const { servers } = server
  const nodes = await Promise.all(runMs.map((ms) => startNode({ servers, name, runMs: ms })))
  const connection = await server.connect()
  const system = start()
  return {
    system,
    connection,
    async ran() {
      const reports = await Promise.all(nodes.map((node) => ask(node)))
      const sum = (of: (report: ChildReport) => number): number => reports.reduce((all, report) => all + of(report), 0)
      return { ran: sum(({ ran }) => ran), late: sum(({ late }) => late) }
    },
    async end() {
      stop(system)
      await connection.close()
      for (const node of nodes) node.kill('SIGKILL')
      server.end()
    },
  }
}

async function startNode(setup: ChildSetup): Promise<ChildProcess> {
  const child = fork(join(__dirname, 'node-child.js'), [JSON.stringify(setup)])
  await once(child, 'message')
  return child
}

async function ask(node: ChildProcess): Promise<ChildReport> {
  const answer = once(node, 'message') as Promise<[ChildReport]>
  node.send('ran')
  return (await answer)[0]
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
