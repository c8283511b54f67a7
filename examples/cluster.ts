/*
 * One pool in three processes, over a NATS server that this example starts. A table shows what each node does, as the client sees
 * it. After a while one process is killed: the calls that it had fail with what is known of them, and no other caller notices.
 *
 *     node -r ts-node/register examples/cluster.ts
 *
 * It needs nats-server; on Debian: apt-get install -y nats-server
 */
import { call, definePool, inspect, isGenPoolError, reply, spawnPool } from '@genpool/core'
import { remotePool, serve } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import Table from 'cli-table3'
import { start, stop } from 'nact'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** When one process is killed, and when the example ends, in milliseconds. */
const [KILL, END] = [3000, 6000]
const CALLERS = 40
/** The types are checked in this process: not three times more. */
const PROCESS = { execArgv: ['-r', 'ts-node/register'], env: { ...process.env, TS_NODE_TRANSPILE_ONLY: 'true' } }

const Orders = definePool({
  init: () => null,
  calls: {
    price: async ({ item }: { item: number }) => {
      await pause(10 + Math.random() * 10)
      return reply({ item, cents: 100 + item })
    },
  },
})

/** One node: the same few lines on each machine. */
async function node(servers: string): Promise<void> {
  const pool = spawnPool(start(), Orders, 'orders', { size: 8, state: 'isolated' })
  const service = await serve(pool, await connect({ servers }), { name: 'orders' })
  process.send?.(service.id)
}

async function client(servers: string, processes: ReadonlyMap<string, ChildProcess>): Promise<void> {
  const system = start()
  const connection = await connect({ servers })
  const orders = remotePool<typeof Orders>(system, connection, { name: 'orders' })
  const times = new Map<number, number[]>()
  const begun = performance.now()
  const since = (): number => performance.now() - begun
  let answered = 0
  const failures: string[] = []

  const caller = async (): Promise<void> => {
    while (since() < END) {
      const at = performance.now()
      try {
        await call(orders, { type: 'price', item: answered }, { timeout: 1000 })
        answered++
        const second = Math.floor(since() / 1000)
        times.set(second, [...(times.get(second) ?? []), performance.now() - at])
      } catch (error) {
        failures.push(
          isGenPoolError(error, 'ERR_GENPOOL_UNREACHABLE') ? 'may have run: its node is gone' : String(error),
        )
      }
    }
  }

  const draw = (): void => {
    const table = new Table({
      head: ['node', 'answered', 'in flight', 'waiting there', 'p99 ms', 'of that travel'],
      style: { head: [], border: [] },
    })
    for (const { id, answered: done, inFlight, waiting, answer, roundTrip, doubtful } of inspect(orders).nodes) {
      table.push([
        `${id.slice(0, 6)}${doubtful ? ' (silent)' : ''}`,
        done,
        inFlight,
        waiting,
        answer.p99,
        roundTrip.p99,
      ])
    }
    const recent = [...(times.get(Math.floor(since() / 1000) - 1) ?? [])].sort((a, b) => a - b)
    const p99 = recent[Math.floor(recent.length * 0.99)] ?? 0
    const line = `${(since() / 1000).toFixed(1)} s: ${answered} answered, ${failures.length} failed, p99 ${p99.toFixed(0)} ms`
    // In a terminal the table stays where it is.
    if (process.stdout.isTTY) console.clear()
    console.log(`${line}\n${table.toString()}`)
  }

  const callers = Array.from({ length: CALLERS }, caller)
  let killed = ''
  while (since() < END) {
    await pause(process.stdout.isTTY ? 200 : 1000)
    if (killed === '' && since() > KILL) {
      const [id, victim] = [...processes][0]!
      victim.kill('SIGKILL')
      killed = id
      console.log(`Killed node ${id.slice(0, 6)}.`)
    }
    draw()
  }
  await Promise.all(callers)
  console.log(`${answered} calls were answered by ${processes.size} processes, of which one was killed.`)
  console.log(`${failures.length} calls failed${failures.length > 0 ? `: ${[...new Set(failures)].join(', ')}` : ''}.`)
  stop(system)
  await connection.close()
}

async function main(): Promise<void> {
  const port = await freePort()
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  server.on('error', () => {
    console.error('nats-server is missing. On Debian, as root: apt-get install -y nats-server')
    process.exit(1)
  })
  for await (const [chunk] of onData(server.stderr)) if (chunk.toString().includes('Server is ready')) break
  const servers = `127.0.0.1:${port}`
  const children = [1, 2, 3].map(() => fork(__filename, [servers], PROCESS))
  const ids = await Promise.all(children.map(async (child) => String((await once(child, 'message'))[0])))
  try {
    await client(servers, new Map(ids.map((id, i) => [id, children[i]!])))
  } finally {
    for (const child of children) child.kill()
    server.kill()
  }
}

async function* onData(stream: NodeJS.ReadableStream): AsyncGenerator<[Buffer]> {
  for (;;) yield (await once(stream, 'data')) as [Buffer]
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

void (process.argv[2] === undefined ? main() : node(process.argv[2]))
