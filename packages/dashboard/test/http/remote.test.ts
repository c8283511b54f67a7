import { call, drain, inspect, type PoolRef } from '@genpool/core'
import { serveDashboard } from '@genpool/dashboard'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { remotePool } from '../../../nats/src/client/remote-pool-actor'
import { FakeNetwork } from '../../../nats/test/support/fake-network'
import { ask } from './ask'

const token = 'correct horse battery staple'
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }

describe('a dashboard that may write, over a pool that runs elsewhere', () => {
  const served = async () => {
    const [clock, system] = [virtualClock(), start()]
    const network = new FakeNetwork(clock, [['answer']])
    const pool = remotePool(system, network.connection, { name: 'n', prefix: 'p', clock, random: () => 0.5 })
    const { url, close } = await serveDashboard({ pools: [pool as PoolRef], port: 0, token, write: true, clock })
    const act = (action: string, changes?: object) =>
      ask(`${url}act`, { method: 'POST', headers, body: JSON.stringify({ pool: 'n', action, changes }) })
    const end = async (): Promise<void> => {
      await close()
      stop(system)
    }
    return { clock, pool, act, end }
  }

  it.each(['drain', 'pause', 'resume'])('refuses to %s it here, and says where to do that', async (action) => {
    const { clock, pool, act, end } = await served()
    const { status, body } = await act(action)
    expect([status, body]).toEqual([422, expect.stringContaining(`${action} does not work here`)])
    expect(body).toContain('runs elsewhere')
    expect(body).toContain('where it runs')
    await clock.advance(1000)
    expect(inspect(pool).phase).toBe('running')
    const answer = call(pool as never, { type: 'find' } as never)
    await clock.advance(100)
    await expect(answer).resolves.toBeDefined()
    await end()
  })

  it('still lets the process end its own address', async () => {
    const { clock, pool, end } = await served()
    await Promise.all([drain(pool), clock.advance(1000)])
    expect(inspect(pool).phase).toBe('stopped')
    await end()
  })
})
