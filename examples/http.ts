/**
 * An HTTP server in front of a pool. It answers 503 with Retry-After when the pool drops a request, and 504 when the
 * request expires. When a client hangs up, its request is cancelled.
 * Run it with: node -r ts-node/register examples/http.ts
 */
import { createServer, get, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { call, definePool, httpStatus, inspect, type PoolRef, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'

/** Stands for a slow database: two connections, 100 ms a query. */
const Database = definePool({
  init: () => ({ queries: 0 }),
  calls: {
    find: async (msg: { id: string }, _state, ctx) => {
      await pause(msg.id === 'slow' ? 2000 : 100, ctx.signal)
      return reply({ id: msg.id, name: `customer ${msg.id}` }, (draft) => {
        draft.queries += 1
      })
    },
  },
})
type Database = ReturnType<typeof openDatabase>

const system = start()

function openDatabase() {
  return spawnPool(system, Database, 'database', {
    size: 2,
    timeout: 600,
    // Four may wait: that is 0.2 s of work for two members. Further requests are dropped.
    broker: { client: { type: 'drop', max: 4 } },
  })
}

/** Handles one request: turns the pool's outcome into a status that clients and load balancers understand. */
async function handle(database: Database, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const id = (request.url ?? '/').slice(1)
    const customer = await call(database, { type: 'find', id }, { signal: gone.signal })
    send(response, 200, JSON.stringify(customer))
  } catch (error) {
    const { status, retryAfter } = httpStatus(error) ?? { status: 500 }
    if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter)
    if (status === 499) response.destroy()
    else send(response, status, STATUS_CODES[status] ?? '')
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status
  response.end(body)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}

/** Sends a request. Returns what a client sees: the status, and when to try again. */
function ask(server: Server, path: string): Promise<string> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    get({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      const later = response.headers['retry-after']
      response.resume()
      response.once('end', () =>
        resolve(`${response.statusCode}${later === undefined ? '' : ` (Retry-After: ${later})`}`),
      )
    }).once('error', reject)
  })
}

/** Sends a request, and hangs up before the answer. */
function hangUp(server: Server, path: string, afterMs: number): Promise<void> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve) => {
    const request = get({ port, path, host: '127.0.0.1', agent: false })
    request.once('error', () => resolve())
    setTimeout(() => request.destroy(), afterMs)
  })
}

async function main(): Promise<void> {
  const database = openDatabase()
  const server = createServer((request, response) => void handle(database, request, response)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))

  console.log('One request:                       ', await ask(server, '/1'))
  const many = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(server, `/${i}`)))
  console.log('Ten at once (2 run, 4 wait):       ', many.sort().join(', '))
  console.log('One that takes longer than 600 ms: ', await ask(server, '/slow'))
  await hangUp(server, '/slow', 50)
  await new Promise((resolve) => setTimeout(resolve, 50))
  console.log('One whose client hangs up:         ', describe(database))
  console.log('One after that:                    ', await ask(server, '/2'))

  server.close()
  stop(system)
}

function describe(database: PoolRef<never> | Database): string {
  const { outcomes, members } = inspect(database as never)
  return `${outcomes.cancelled} cancelled, ${members.busy} members busy`
}

void main()
