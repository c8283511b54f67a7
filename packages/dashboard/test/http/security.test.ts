import { inspect } from '@genpool/core'
import { ask } from './ask'
import { bearer, json, pool, resize, serve, statusOf, token } from './served'

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
