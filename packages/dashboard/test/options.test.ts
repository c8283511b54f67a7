import { definePool, reply, spawnPool } from '@genpool/core'
import { createDashboard, serveDashboard } from '@genpool/dashboard'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */

let system: ActorSystemRef
beforeEach(() => void (system = start()))
afterEach(() => stop(system))

const Work = definePool({ calls: { work: () => reply('done') } })
const pool = () => spawnPool(system, Work, undefined, { size: 1 }) as any
const fault = async (options: any): Promise<string> => {
  try {
    const { close } = await serveDashboard({ port: 0, ...options })
    await close()
    return 'none'
  } catch (error) {
    return `${(error as any).code}: ${(error as Error).message}`
  }
}

describe('the options of a dashboard', () => {
  it('name what is wrong, where, and what is expected', async () => {
    expect(await fault({ pools: [pool()], prot: 1 })).toContain('"prot"')
    expect(await fault({ pools: [] })).toContain('at pools')
    expect(await fault({ pools: [{}] })).toContain(
      'at pools[0]: expected the address of a pool, as spawnPool returned it',
    )
    expect(await fault(undefined)).toContain('at pools')
    expect(await fault({ pools: [pool()], token: 'short' })).toContain('at token')
  })

  it('let nobody else look without a token', async () => {
    expect(await fault({ pools: [pool()], host: '0.0.0.0' })).toMatch(/^ERR_GENPOOL_OPTIONS.*\n {2}at host:.*"token"/)
    expect(await fault({ pools: [pool()], host: '::' })).toContain('at host')
    for (const host of ['127.0.0.1', 'localhost', '127.0.0.2'])
      expect(await fault({ pools: [pool()], host })).toBe('none')
    expect(await fault({ pools: [pool()], host: '0.0.0.0', token: 'a long enough token' })).toBe('none')
  })

  it('let nobody change anything without a token', async () => {
    expect(await fault({ pools: [pool()], write: true })).toMatch(/at write:.*"token"/)
    expect(() => createDashboard({ pools: [pool()], write: true })).toThrow('at write')
  })

  it.each([
    ['hosts', ['*'], 'at hosts[0]: expected one host name, such as "pools.example.org" (there are no patterns: list'],
    ['hosts', ['a.b', '*.example.org'], 'at hosts[1]: expected one host name'],
    ['hosts', ['http://x'], 'at hosts[0]: expected the name alone, "x", got "http://x"'],
    ['hosts', ['https://pools.example.org:8443/a'], 'expected the name alone, "pools.example.org", got'],
    ['hosts', ['x/pools'], 'expected the name alone, "x", got'],
    ['hosts', [' x '], 'expected the name alone, "x", got'],
    ['hosts', ['bücher.example'], 'expected the name alone, "xn--bcher-kva.example", got'],
    ['hosts', ['  '], 'expected one host name'],
    ['hosts', [''], 'expected one host name'],
    ['host', 'localhost:4000', 'at host: expected the name alone, "localhost", got'],
    ['host', '[::1]', 'at host: expected the name alone, "::1", got'],
    ['host', 'http://127.0.0.1', 'at host: expected the name alone, "127.0.0.1", got'],
    ['token', ' '.repeat(16), 'at token: expected at least 16 letters, digits and signs of ASCII'],
    ['token', 'a token with an end\n', 'at token: expected at least 16'],
    ['token', ' a token with a begin', 'at token: expected at least 16'],
    ['token', 'ein schlüssel für uns', 'at token: expected at least 16'],
  ])('refuse what can never match: %s %j', async (name, value, says) => {
    expect(await fault({ pools: [pool()], [name]: value })).toContain(says)
  })

  it.each(['pools', '/po ols', '/pools/*', '/pools?x', '//pools', '/pööls', '/a/../b'])(
    'refuse a path that no request can have: %j',
    (path) => {
      expect(() => createDashboard({ pools: [pool()], path })).toThrow('at path: expected a path that begins with "/"')
    },
  )

  it('take names with a port, numeric addresses and paths', async () => {
    const hosts = ['pools.example.org', 'POOLS.example.org:8443', 'intern', '10.0.0.7', '::1', '[::1]:80', 'a_b.local']
    expect(await fault({ pools: [pool()], hosts })).toBe('none')
    for (const path of ['/', '/pools', '/a/b-c_d/', '/caf%C3%A9'])
      createDashboard({ pools: [pool()], path, clock: virtualClock() }).close()
  })

  it('are checked before anything starts', () => {
    const clock = virtualClock()
    expect(() => createDashboard({ pools: [pool()], clock, hosts: [5] } as any)).toThrow('at hosts[0]')
    expect(clock.timers).toBe(0)
  })
})

describe('a dashboard', () => {
  it('rejects with the error of Node if its port is taken, and measures nothing then', async () => {
    const clock = virtualClock()
    const { url, close } = await serveDashboard({ pools: [pool()], port: 0 })
    const taken = serveDashboard({ pools: [pool()], port: Number(new URL(url).port), clock })
    await expect(taken).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining('give another "port", or 0 for any free one') as string,
    })
    expect(clock.timers).toBe(0)
    await close()
  })

  it('leaves nothing behind when it is closed', async () => {
    const clock = virtualClock()
    const { close } = await serveDashboard({ pools: [pool()], port: 0, clock })
    expect(clock.timers).toBe(1)
    await Promise.all([close(), close()])
    expect(clock.timers).toBe(0)
  })
})
