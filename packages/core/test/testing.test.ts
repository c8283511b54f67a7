import { call, cast, getState, inspect, spawnPool } from '@genpool/core'
import { scriptedMembers, virtualClock } from '@genpool/core/testing'
import { start, stop } from 'nact'

describe('scriptedMembers', () => {
  it('passes each message to the test, which decides its outcome', async () => {
    const system = start()
    const clock = virtualClock()
    const members = scriptedMembers(1)
    const pool = spawnPool(system, members.behaviour, 'pool', { size: 2, clock })
    const calls = ['a', 'b', 'c'].map((message) => call(pool, message).catch((error: { code: string }) => error.code))
    const [a, b] = [await members.next(), await members.next()]
    expect([a.message, b.message]).toEqual(['a', 'b'])
    expect(inspect(pool)).toMatchObject({ waiting: 1, members: { busy: 2 } })
    a.reply('answer', 2)
    b.crash()
    const c = await members.next()
    expect([c.message, c.isCall, c.ctx.attempt]).toEqual(['c', true, 1])
    c.leave()
    await clock.advance(6000)
    expect(await Promise.all(calls)).toEqual(['answer', 'ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_EXPIRED'])
    expect(getState(pool)).toBe(2)
    cast(pool, 'd')
    await clock.settle()
    expect(members.pending.map((job) => [job.message, job.isCall])).toEqual([['d', false]])
    stop(system)
  })
})
