import { virtualClock } from '@genpool/runtime/testing'
import { QueueNames } from '../../src/durable/names'
import { ServerClock } from '../../src/durable/server-clock'

/** A server with a clock of its own. */
function serverAt(ms: number) {
  const clock = virtualClock()
  const server = { aheadMs: ms, asked: 0, isAway: false }
  const time = new ServerClock(clock, new QueueNames({ prefix: 'p', name: 'q', lanes: 1 }))
  const publisher = {
    store: () => {
      server.asked++
      return server.isAway ? Promise.reject(new Error('away')) : Promise.resolve({ seq: 1, duplicate: false })
    },
  }
  const getMessage = () => Promise.resolve({ time: new Date(server.aheadMs + clock.now() / 1e6) })
  const refresh = () => time.refresh(publisher, { streams: { getMessage } } as never)
  return { clock, server, time, refresh, set: () => time.set(publisher, { streams: { getMessage } } as never) }
}

describe('the time of the server', () => {
  it('goes on by the clock of this process, and is asked for once a minute', async () => {
    const { clock, server, time, refresh, set } = serverAt(1_000_000)
    await set()
    const before = time.now()
    for (let i = 0; i < 30; i++) {
      await clock.advance(10_000)
      await refresh()
    }
    expect(time.now() - before).toBe(300_000)
    expect(server.asked).toBe(6)
  })

  it('is right again within a minute after the clock of the server was set', async () => {
    const { clock, server, time, refresh, set } = serverAt(10_000_000)
    await set()
    const before = time.now()
    server.aheadMs -= 3_600_000
    await clock.advance(60_000)
    await refresh()
    expect(time.now() - before).toBe(60_000 - 3_600_000)
  })

  it('stays as it was while the server does not answer', async () => {
    const { clock, server, time, refresh, set } = serverAt(5000)
    await set()
    server.isAway = true
    await clock.advance(120_000)
    await refresh()
    expect(time.now()).toBe(125_000)
  })
})
