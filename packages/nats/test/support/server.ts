import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'

const HOW = 'These tests need nats-server. On Debian, as root: apt-get install -y nats-server'

/** A real NATS server of a test. */
export class NatsServer {
  #process: ChildProcess | undefined

  constructor(
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  get url(): string {
    return `127.0.0.1:${this.port}`
  }

  async start(): Promise<this> {
    const child = (this.#process = spawn('nats-server', [...this.args], { stdio: ['ignore', 'ignore', 'pipe'] }))
    let output = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('Server is ready')) resolve()
      })
      child.on('error', () => reject(new Error(HOW)))
      child.on('exit', (code) => reject(new Error(`nats-server ended with ${code}:\n${output}`)))
    })
    return this
  }

  /** Starts it with a changed configuration. */
  startWith(change: (config: string) => string): Promise<this> {
    this.#change(change)
    return this.start()
  }

  /** Changes its configuration while it runs. */
  async configure(change: (config: string) => string): Promise<void> {
    this.#change(change)
    const child = this.#process as ChildProcess
    const reloaded = new Promise<void>((resolve) =>
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('Reloaded server configuration')) resolve()
      }),
    )
    this.signal('SIGHUP')
    await reloaded
  }

  #change(change: (config: string) => string): void {
    const file = this.args.at(-1) as string
    writeFileSync(file, change(readFileSync(file, 'utf8')))
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name)
  }

  /** Ends it at once, and resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGCONT')
    child.kill(signal)
    await gone
  }
}

const started: NatsServer[] = []
const connections: NatsConnection[] = []

/** Starts one server; `config` is a text in the format of nats-server. */
export async function startServer(config?: string): Promise<NatsServer> {
  const port = await freePort()
  const args = ['-a', '127.0.0.1', '-p', String(port)]
  if (config !== undefined) args.push('-c', fileWith(config))
  const server = new NatsServer(port, args)
  started.push(server)
  return server.start()
}

/** Starts a cluster of so many servers. */
export async function startCluster(size: number): Promise<NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: size * 2 }, freePort))
  const routes = ports.slice(size).map((port) => `nats://127.0.0.1:${port}`)
  const servers = routes.map((route, i) => {
    const own = ['-a', '127.0.0.1', '-p', String(ports[i]), '-n', `server-${i}`]
    const cluster = ['--cluster_name', 'test', '--cluster', route, '--routes', routes.join(',')]
    return new NatsServer(ports[i]!, [...own, ...cluster])
  })
  started.push(...servers)
  await Promise.all(servers.map((server) => server.start()))
  return servers
}

/** Connects to servers. The connection is closed at the end of the test. */
export async function connectTo(
  servers: NatsServer | readonly NatsServer[],
  options: NodeConnectionOptions = {},
): Promise<NatsConnection> {
  const urls = [servers].flat().map(({ url }) => url)
  const connection = await connect({ servers: urls, ...options })
  connections.push(connection)
  return connection
}

/** Closes what the test has opened. */
export async function endServers(): Promise<void> {
  await Promise.all(connections.splice(0).map((connection) => connection.close().catch(() => undefined)))
  await Promise.all(started.splice(0).map((server) => server.kill()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

const folders: string[] = []

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-nats-'))
  folders.push(folder)
  const file = join(folder, 'nats.conf')
  writeFileSync(file, text)
  return file
}

const given = new Set<number>()
/** The ports of servers, as far as to the first that Linux gives to clients. */
const [FIRST, END] = [10_000, 32_768]

/**
 * A port that stays free until its server listens, also while that is down. Those from which the system takes the ports of
 * clients do not: a client that tries to reach the server again can be given that port itself, and connects to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST))
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Whether the server is installed, and with which version. */
export function serverVersion(): string {
  const { stdout, status } = spawnSync('nats-server', ['--version'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(HOW)
  return stdout.trim()
}
