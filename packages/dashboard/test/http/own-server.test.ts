import { inspect } from '@genpool/core'
import { createDashboard } from '@genpool/dashboard'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ask } from './ask'
import { bearer, pool, resize, statusOf, token } from './served'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools of any protocol */

describe('a dashboard in a server of somebody else', () => {
  const mounted = async (
    handler: (request: any, response: any) => void,
    use: (url: string) => Promise<void>,
  ): Promise<void> => {
    const server = createServer(handler).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  it('works below a path', async () => {
    const { handler, close } = createDashboard({ pools: [pool], path: '/ops/pools' })
    await mounted(handler, async (url) => {
      expect(await statusOf(`${url}/ops/pools/`, {})).toBe(200)
      expect(await statusOf(`${url}/ops/pools/app.js`, {})).toBe(200)
      expect((await ask(`${url}/ops/pools`)).headers.location).toBe('/ops/pools/')
      for (const path of ['/', '/app.js', '/ops', '/ops/poolsapp.js']) expect(await statusOf(url + path, {})).toBe(404)
    })
    close()
  })

  it('works as a middleware of express, which takes the path out of the URL and may have read the body', async () => {
    const { handler, close } = createDashboard({ pools: [pool], token, write: true })
    const express = async (request: any, response: any): Promise<void> => {
      request.originalUrl = request.url
      request.url = request.url.replace(/^\/pools/, '') || '/'
      if (request.method === 'POST') {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk)
        request.body = JSON.parse(String(Buffer.concat(chunks)))
      }
      handler(request, response)
    }
    await mounted(
      (request, response) => void express(request, response),
      async (url) => {
        expect((await ask(`${url}/pools`, { headers: bearer })).headers.location).toBe('/pools/')
        expect(await statusOf(`${url}/pools/plots.js`, { headers: bearer })).toBe(200)
        const given = await ask(`${url}/pools/?token=${encodeURIComponent(token)}`)
        expect([given.headers.location, given.headers['set-cookie']?.[0]]).toEqual([
          '/pools/',
          expect.stringContaining('Path=/pools/;'),
        ])
        expect(await statusOf(`${url}/pools/act`, resize(6))).toBe(200)
        expect(inspect(pool).size).toBe(6)
      },
    )
    close()
  })

  it('shows nothing to other machines without a token', async () => {
    const { handler, close } = createDashboard({ pools: [pool] })
    const elsewhere = (request: any, response: any): void => {
      Object.defineProperty(request.socket, 'remoteAddress', { value: '203.0.113.9' })
      handler(request, response)
    }
    await mounted(elsewhere, async (url) => {
      const { status, body } = await ask(`${url}/`)
      expect([status, body]).toEqual([403, expect.stringContaining('"token"')])
    })
    close()
  })
})
