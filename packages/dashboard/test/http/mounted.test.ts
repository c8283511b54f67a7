import { definePool, inspect, reply, spawnPool } from '@genpool/core'
import { createDashboard, type DashboardOptions } from '@genpool/dashboard'
import express from 'express'
import fastify from 'fastify'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ActorSystemRef, start, stop } from 'nact'
import { ask } from './ask'

const token = 'correct horse battery staple'
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }

let system: ActorSystemRef
const ends: (() => unknown)[] = []
beforeEach(() => {
  system = start()
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  stop(system)
})

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** As docs/guide/looking.md says. */
const servers: readonly [string, string, (options: DashboardOptions) => Promise<string>][] = [
  [
    'http',
    '/',
    (options) => {
      const { handler, close } = createDashboard(options)
      ends.push(close)
      return listening(createServer(handler))
    },
  ],
  [
    'express',
    '/pools/',
    (options) => {
      const { handler, close } = createDashboard(options)
      ends.push(close)
      const app = express()
      app.use(express.json())
      app.get('/mine', (_, response) => void response.send('mine'))
      app.use('/pools', handler)
      return listening(createServer(app))
    },
  ],
  [
    'fastify',
    '/pools/',
    async (options) => {
      const dashboard = createDashboard({ ...options, path: '/pools' })
      ends.push(dashboard.close)
      const app = fastify({ forceCloseConnections: true })
      app.get('/mine', () => 'mine')
      for (const url of ['/pools', '/pools/*']) {
        app.all(url, (request, reply) => {
          reply.hijack()
          dashboard.handler(Object.assign(request.raw, { body: request.body }), reply.raw)
        })
      }
      ends.push(() => app.close())
      return app.listen({ port: 0, host: '127.0.0.1' })
    },
  ],
]

describe('a dashboard in a server that is there already', () => {
  it.each(servers)('works with %s: the page, the news and changes', async (_, path, serve) => {
    const Work = definePool({ calls: { work: () => reply('done') } })
    const pool = spawnPool(system, Work, 'work', { size: 2 })
    const base = await serve({ pools: [pool], token, write: true })
    const url = `${base}${path}`
    expect(await ask(url, { headers })).toMatchObject({
      status: 200,
      body: expect.stringContaining('<title>GenPool</title>'),
    })
    // Nobody types the slash at the end.
    const bare = await ask(url.slice(0, -1), { headers })
    expect(path === '/' ? bare.status : [bare.status, new URL(bare.headers.location!, url).href]).toEqual(
      path === '/' ? 200 : [303, url],
    )
    expect((await ask(`${url}events`, { headers })).body).toContain('event: hello')
    const body = JSON.stringify({ pool: 'work', action: 'configure', changes: { size: 3 } })
    expect((await ask(`${url}act`, { method: 'POST', headers, body })).status).toBe(200)
    expect(inspect(pool).size).toBe(3)
    expect((await ask(url)).status).toBe(401)
    if (path !== '/') expect(await ask(`${base}/mine`)).toMatchObject({ status: 200, body: 'mine' })
  })
})
