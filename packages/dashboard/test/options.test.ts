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
