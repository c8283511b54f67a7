import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inFlight, percentile } from '../../measure'
import type { House } from '../house'

const SECONDS = 2

/** Measures how late a 1 ms timer and HTTP requests are while a pool is saturated with synchronous handlers. */
export async function eventLoop({ core, system }: House): Promise<{ value: number; detail: string }> {
  const { call, definePool, reply, spawnPool } = core
  const Busy = definePool({
    init: () => 0,
    calls: {
      spin: () => {
        const until = process.hrtime.bigint() + 20_000n
        while (process.hrtime.bigint() < until);
        return reply(1)
      },
    },
  })
  const pool = spawnPool(system, Busy, 'busy', { size: 8 })
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo

  const delays: number[] = []
  const served: number[] = []
  let open = true
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    delays.push(Math.max(0, now - last - 1))
    last = now
  }, 1)
  const asking = (async () => {
    while (open) served.push(await ask(port))
  })()
  const end = performance.now() + SECONDS * 1000
  await inFlight(256, Infinity, () =>
    performance.now() < end ? call(pool, { type: 'spin' }) : Promise.reject(DONE),
  ).catch((error: unknown) => {
    if (error !== DONE) throw error
  })
  open = false
  clearInterval(timer)
  await asking
  server.close()
  return {
    value: percentile(delays, 0.99),
    detail: `${delays.length} ticks of a 1 ms timer; ${served.length} HTTP requests, p99 ${percentile(served, 0.99).toFixed(1)} ms`,
  }
}

const DONE = new Error('the time is over')

function ask(port: number): Promise<number> {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, (response) => {
      response.resume()
      response.once('end', () => resolve(performance.now() - start))
    }).once('error', reject)
  })
}
