import { definePool, getOptions, inspect, reply, spawnPool } from '@genpool/core'
import { createDashboard, serveDashboard, type ServedDashboard, type ServerOptions } from '@genpool/dashboard'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ActorSystemRef, start, stop } from 'nact'
import { ask, type Asked } from './ask'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools of any protocol */

const token = 'correct horse battery staple'
const bearer = { Authorization: `Bearer ${token}` }
const json = { 'Content-Type': 'application/json' }

let system: ActorSystemRef
let pool: any
const served: ServedDashboard[] = []
beforeEach(() => {
  system = start()
  const Work = definePool({ calls: { work: () => reply('done') } })
  pool = spawnPool(system, Work, 'work', { size: 2 })
})
afterEach(async () => {
  for (const { close } of served.splice(0)) await close()
  stop(system)
})

async function serve(options: Partial<ServerOptions> = {}): Promise<string> {
  const dashboard = await serveDashboard({ pools: [pool], port: 0, ...options })
  served.push(dashboard)
  return dashboard.url
}
const resize = (size: number): Asked => ({
  method: 'POST',
  headers: { ...json, ...bearer },
  body: JSON.stringify({ pool: 'work', action: 'configure', changes: { size } }),
})
const statusOf = async (url: string, asked: Asked): Promise<number> => (await ask(url, asked)).status

describe('a dashboard without options', () => {
  it('shows the page, its parts and the news to this machine', async () => {
    const url = await serve()
    for (const path of ['', 'app.js', 'layout.css', 'vendor/uPlot.esm.js', 'icon.svg']) {
      expect([path, await statusOf(url + path, {})]).toEqual([path, 200])
    }
    const { headers, body } = await ask(`${url}events`)
    expect(headers['content-type']).toContain('text/event-stream')
    expect(body).toContain('event: hello')
  })

  it('listens on 127.0.0.1 only', async () => {
    expect(await serve()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  })

  it('changes nothing', async () => {
    const url = await serve()
    for (const action of ['configure', 'pause', 'drain', 'preview']) {
      const body = JSON.stringify({ pool: 'work', action, changes: { size: 7 } })
      const { status, body: says } = await ask(`${url}act`, { method: 'POST', headers: json, body })
      expect([status, says]).toEqual([403, expect.stringContaining('read-only')])
    }
    expect(inspect(pool)).toMatchObject({ size: 2, paused: false, phase: 'running' })
  })

  it('answers no name that others can point at this machine', async () => {
    const url = await serve()
    for (const Host of ['evil.example', 'evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      for (const path of ['', 'events', 'app.js']) {
        expect([Host, path, await statusOf(url + path, { headers: { Host } })]).toEqual([Host, path, 403])
      }
    }
    for (const Host of ['localhost', 'localhost:4000', '127.0.0.1:4000', '[::1]:4000', 'LOCALHOST']) {
      expect([Host, await statusOf(url, { headers: { Host } })]).toEqual([Host, 200])
    }
  })

  it('answers the page of a proxy whose name is among its hosts, if that has changed the host', async () => {
    const url = await serve({ token, hosts: ['pools.example.org'] })
    const through = (headers: Record<string, string>) =>
      statusOf(`${url}events`, { headers: { ...bearer, ...headers } })
    const Origin = 'https://pools.example.org'
    expect(await through({ Origin, 'X-Forwarded-For': '203.0.113.9' })).toBe(200)
    expect(await through({ Origin })).toBe(403)
    expect(await through({ Origin: `${Origin}:8443`, 'X-Forwarded-For': '203.0.113.9' })).toBe(403)
  })

  it('answers names that are among its hosts', async () => {
    const url = await serve({ hosts: ['Pools.example.org'] })
    expect(await statusOf(url, { headers: { Host: 'pools.example.org:80' } })).toBe(200)
    expect(await statusOf(url, { headers: { Host: 'example.org' } })).toBe(403)
  })

  it('answers no page of another site', async () => {
    const url = await serve()
    const { host } = new URL(url)
    for (const Origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', 'file://']) {
      expect([Origin, await statusOf(`${url}events`, { headers: { Origin } })]).toEqual([Origin, 403])
    }
    expect(await statusOf(`${url}events`, { headers: { Origin: `http://${host}` } })).toBe(200)
    for (const site of ['cross-site', 'same-site']) {
      expect(await statusOf(`${url}events`, { headers: { 'Sec-Fetch-Site': site } })).toBe(403)
    }
    // A link to the page is no harm.
    expect(await statusOf(url, { headers: { 'Sec-Fetch-Site': 'cross-site' } })).toBe(200)
  })

  it('answers nobody whose request a proxy passes on', async () => {
    const url = await serve()
    const forwarded = ['For', 'Host', 'Proto', 'Port', 'Server', 'Scheme', 'Prefix'].map(
      (part) => `X-Forwarded-${part}`,
    )
    const clients = [
      'X-Real-IP',
      'X-Client-IP',
      'True-Client-IP',
      'CF-Connecting-IP',
      'Fly-Client-IP',
      'Fastly-Client-IP',
    ]
    const others = ['Forwarded', 'Via', 'CF-Ray', 'CDN-Loop', 'X-Amzn-Trace-Id', 'X-Envoy-External-Address']
    for (const name of [...forwarded, ...clients, ...others]) {
      expect([name, await statusOf(url, { headers: { [name]: '203.0.113.9' } })]).toEqual([name, 403])
    }
  })

  it('serves its own files only', async () => {
    const url = await serve()
    for (const rawPath of [
      '/../package.json',
      '/..%2fpackage.json',
      '/tsconfig.json',
      '/vendor/',
      '/vendor/../app.js',
      '//evil.example/',
      '/__proto__',
      '/constructor',
    ]) {
      const { status, headers } = await ask(url, { rawPath })
      expect([rawPath, status, headers.location]).toEqual([rawPath, 404, undefined])
    }
  })

  it('lets the browser load nothing from elsewhere, frame nothing, keep nothing', async () => {
    for (const path of ['', 'app.js', 'no-such-file']) {
      const { headers } = await ask((await serve()) + path)
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  it('knows no other methods', async () => {
    const url = await serve()
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) expect(await statusOf(url, { method })).toBe(405)
    const { status, body } = await ask(url, { method: 'HEAD' })
    expect([status, body]).toEqual([200, ''])
  })

  it('opens fifty pages at most: for one more, another one is disconnected, and connects again', async () => {
    const url = await serve()
    const pages = Array.from({ length: 50 }, () => new AbortController())
    const answers = []
    for (const { signal } of pages) answers.push(await fetch(`${url}events`, { signal }))
    expect(await statusOf(`${url}events`, {})).toBe(200)
    const ends = answers.map((answer) => answer.text().catch(() => 'disconnected'))
    expect(await Promise.race(ends)).toBe('disconnected')
    for (const page of pages) page.abort()
  })
})

describe('a dashboard with a token', () => {
  it('shows nothing but a form to whoever does not know it', async () => {
    const url = await serve({ token })
    const { status, body, headers } = await ask(url)
    expect([status, body]).toEqual([401, expect.stringContaining('name="token"')])
    expect(headers['content-type']).toContain('text/html')
    for (const path of ['events', 'app.js', 'act']) expect(await statusOf(url + path, {})).toBe(401)
    for (const wrong of ['', 'x', `${token}x`, token.slice(1), token.toUpperCase()]) {
      expect(await statusOf(`${url}events`, { headers: { Authorization: `Bearer ${wrong}` } })).toBe(401)
    }
  })

  it('lets in whoever gives it: in a header, in the form, in a link', async () => {
    const url = await serve({ token })
    expect(await statusOf(`${url}events`, { headers: bearer })).toBe(200)
    const form = { method: 'POST', body: `token=${encodeURIComponent(token)}` }
    for (const given of [await ask(`${url}sign-in`, form), await ask(`${url}?token=${encodeURIComponent(token)}`)]) {
      expect([given.status, given.headers.location]).toEqual([303, '/'])
      const [cookie] = given.headers['set-cookie'] ?? []
      expect(cookie).toMatch(/HttpOnly; SameSite=Strict$/)
      expect(cookie).not.toContain(token)
      expect(await statusOf(`${url}events`, { headers: { Cookie: `other=1; ${cookie?.split(';')[0]}` } })).toBe(200)
    }
  })

  it('signs nobody out of another dashboard of this host, whose cookies a browser sends, too', async () => {
    const other = 'another dashboard, another token'
    const urls = [await serve({ token }), await serve({ token: other })]
    const jar = new Map<string, string>()
    for (const [i, given] of [token, other].entries()) {
      const { headers } = await ask(`${urls[i]}?token=${encodeURIComponent(given)}`)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(headers['set-cookie']?.[0] ?? '') ?? []
      jar.set(name, value)
    }
    const Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    for (const url of urls) expect(await statusOf(`${url}events`, { headers: { Cookie } })).toBe(200)
  })

  it('says when it was the wrong one', async () => {
    const url = await serve({ token })
    for (const wrong of [
      await ask(`${url}?token=x`),
      await ask(`${url}sign-in`, { method: 'POST', body: 'token=x' }),
    ]) {
      expect([wrong.status, wrong.body]).toEqual([401, expect.stringContaining('This is not the token.')])
    }
    expect(await statusOf(`${url}sign-in`, { method: 'POST', body: '' })).toBe(401)
    expect(await statusOf(`${url}events`, { headers: { Cookie: 'genpool-dashboard=' } })).toBe(401)
  })

  it('is still read-only', async () => {
    const url = await serve({ token })
    expect(await statusOf(`${url}act`, resize(5))).toBe(403)
    expect(inspect(pool).size).toBe(2)
  })

  it('checks hosts and origins all the same', async () => {
    const url = await serve({ token })
    expect(await statusOf(url, { headers: { ...bearer, Host: 'evil.example' } })).toBe(403)
    expect(await statusOf(`${url}events`, { headers: { ...bearer, Origin: 'https://evil.example' } })).toBe(403)
    const form = { method: 'POST', body: `token=${token}`, headers: { Origin: 'https://evil.example' } }
    expect(await statusOf(`${url}sign-in`, form)).toBe(403)
  })
})

describe('a dashboard that may write', () => {
  const write = { token, write: true }

  it('changes options for whoever knows the token, and says what changed', async () => {
    const url = await serve(write)
    expect(JSON.parse((await ask(`${url}act`, resize(5))).body)).toEqual({
      ok: true,
      diff: [{ path: 'size', from: '2', to: '5' }],
    })
    expect(inspect(pool).size).toBe(5)
    const { Authorization: _none, ...stranger } = resize(7).headers as Record<string, string>
    expect(await statusOf(`${url}act`, { ...resize(7), headers: stranger })).toBe(401)
    expect(inspect(pool).size).toBe(5)
  })

  it('takes nothing from pages of other sites', async () => {
    const url = await serve(write)
    const from = (headers: Record<string, string>) =>
      ask(`${url}act`, { ...resize(9), headers: { ...resize(9).headers, ...headers } })
    expect((await from({ Origin: 'https://evil.example' })).status).toBe(403)
    expect((await from({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    // What a form of another site could send without asking.
    expect((await from({ 'Content-Type': 'text/plain' })).status).toBe(415)
    expect(inspect(pool).size).toBe(2)
  })

  it('changes nothing if a change is wrong, and says what is', async () => {
    const url = await serve(write)
    const post = async (asked: unknown): Promise<[number, any]> => {
      const { status, body } = await ask(`${url}act`, {
        ...resize(0),
        body: typeof asked === 'string' ? asked : JSON.stringify(asked),
      })
      return [status, JSON.parse(body)]
    }
    const before = { ...getOptions(pool) }
    const configure = (changes: unknown) => post({ pool: 'work', action: 'configure', changes })
    expect(await configure({ size: -1 })).toEqual([422, { ok: false, error: expect.stringContaining('at size') }])
    expect(await configure({ sice: 3 })).toEqual([422, { ok: false, error: expect.stringContaining('"sice"') }])
    expect(await configure([3])).toEqual([422, { ok: false, error: expect.stringContaining('object of options') }])
    expect((await post('{"pool":"work","action":"configure","changes":{"__proto__":{"size":3}}}'))[0]).toBe(422)
    expect((await post({ pool: 'work', action: 'constructor' }))[0]).toBe(422)
    expect((await post({ pool: 'work', action: { toString: 1 } }))[0]).toBe(422)
    expect((await post({ pool: 'work', action: ['pause'] }))[0]).toBe(422)
    expect((await post({ pool: 'other', action: 'pause' }))[0]).toBe(404)
    expect(await post('{')).toEqual([400, { ok: false, error: expect.stringContaining('no JSON') }])
    expect(await post('null')).toEqual([400, { ok: false, error: expect.stringContaining('an object') }])
    expect(await post(`"${'x'.repeat(100_000)}"`)).toEqual([
      413,
      { ok: false, error: expect.stringContaining('64 KB') },
    ])
    for (const changes of [{ size: 1e9 }, { size: -1 }, { sice: 3 }]) {
      const wrong = [422, { ok: false, error: expect.stringContaining(Object.keys(changes)[0]!) }]
      expect(await post({ pool: 'work', action: 'preview', changes })).toEqual(wrong)
    }
    expect(await post({ pool: 'work', action: 'preview', changes: { size: 3 } })).toEqual([
      200,
      { ok: true, diff: [{ path: 'size', from: '2', to: '3' }] },
    ])
    expect(getOptions(pool)).toEqual(before)
  })

  it('reads no more of a body than 64 KB', async () => {
    const url = new URL(await serve(write))
    const asked = resize(5)
    const sent = request({ port: url.port, host: url.hostname, path: '/act', method: 'POST', headers: asked.headers! })
    const answered = new Promise<number>((resolve, reject) => {
      sent.once('response', (response) => resolve(response.statusCode!))
      sent.once('error', reject)
    })
    // Never ends.
    sent.write('x'.repeat(70_000))
    expect(await answered).toBe(413)
    sent.destroy()
  })

  it('takes "Infinity" for the number, which JSON does not have', async () => {
    const url = await serve(write)
    const body = JSON.stringify({ pool: 'work', action: 'configure', changes: { timeout: 'Infinity' } })
    expect(await statusOf(`${url}act`, { ...resize(0), body })).toBe(200)
    expect(getOptions(pool).timeout).toBe(Infinity)
  })

  it('pauses, resumes and drains', async () => {
    const url = await serve(write)
    const act = (action: string) => ask(`${url}act`, { ...resize(0), body: JSON.stringify({ pool: 'work', action }) })
    await act('pause')
    expect(inspect(pool).paused).toBe(true)
    await act('resume')
    expect(inspect(pool).paused).toBe(false)
    await act('drain')
    expect(['draining', 'stopped']).toContain(inspect(pool).phase)
    expect(JSON.parse((await act('pause')).body)).toEqual({ ok: false, error: expect.stringContaining('work') })
  })
})

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
