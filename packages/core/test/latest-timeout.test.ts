import { cast, definePool, inspect, noReply, onEvent, spawnPool, watchDeadLetters } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

/** A pool of one member, which is busy for 100 ms. Other casts run until their signal fires. */
const busyPool = async () => {
  const clock = virtualClock()
  const log: string[] = []
  const Work = definePool({
    casts: {
      busy: () => clock.wait(100).then(() => noReply()),
      job: async (msg: { v: number }, _state: undefined, ctx) => {
        log.push(`begins ${msg.v}`)
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
        log.push(`signal ${msg.v}`)
        return noReply()
      },
    },
  })
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock, broker: { budget: false } })
  watchDeadLetters(pool, ({ error }) => log.push(error.message))
  await clock.settle()
  cast(pool, { type: 'busy' })
  await clock.settle()
  const job = (v: number, timeout?: number) =>
    cast(pool, { type: 'job', v }, timeout === undefined ? { latest: 'a' } : { latest: 'a', timeout })
  return { clock, log, pool, job }
}

describe('a cast with "latest" and a timeout that replaces another', () => {
  it.each([undefined, 20, 1000])('expires while it waits, at its own time, if the other had %s', async (first) => {
    const { clock, log, pool, job } = await busyPool()
    job(1, first)
    await clock.advance(10)
    job(2, 30)
    await clock.advance(29)
    expect([log, inspect(pool).waiting]).toEqual([[], 1])
    await clock.advance(2)
    expect(inspect(pool)).toMatchObject({ waiting: 0, outcomes: { replaced: 1, expired: 1 } })
    expect(log).toEqual([expect.stringMatching(/^"pool" did not answer within 30 ms: /)])
  })

  it('has its signal fired if it runs for longer', async () => {
    const { clock, log, pool, job } = await busyPool()
    job(1)
    await clock.advance(10)
    job(2, 300)
    await clock.advance(290)
    expect(log).toEqual(['begins 2'])
    await clock.advance(20)
    expect(log).toContain('signal 2')
    expect(inspect(pool)).toMatchObject({ members: { busy: 0 }, outcomes: { expired: 1 } })
  })

  it('has waited since it came, not since the one before it came', async () => {
    const { clock, pool, job } = await busyPool()
    const waited: number[] = []
    const off = onEvent(
      'genpool:request:settled',
      (e) => {
        if (e.outcome === 'expired') waited.push(e.waitedMs)
      },
      { pool },
    )
    job(1)
    await clock.advance(40)
    job(2, 300)
    await clock.advance(310)
    expect(waited).toEqual([60])
    off()
  })
})
