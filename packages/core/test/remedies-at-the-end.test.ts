import { drain, explain, spawnPool } from '@genpool/core'
import { clock, system } from './quiet-system'
import { failed, type Pool, send, spawned, Worker } from './remedied-pool'

describe('a pool that takes nothing more', () => {
  it('says to a request that it had taken that its drain was to end, and that `within` was too short', async () => {
    const pool = spawned({ size: 1 })
    const left = [failed(pool, { type: 'work', ms: 250 }), failed(pool, { type: 'work', ms: 1 })]
    await clock.advance(10)
    void drain(pool, { within: 50 })
    await clock.advance(50)
    const why = '"pool" has stopped, since drain(pool) was to wait for 50 ms at most, so a request to it'
    const advice = 'Give "within" more time, or send fewer requests before drain(pool).'
    expect((await Promise.all(left)).map(({ says }) => says)).toEqual([
      `${why} failed while it was running. ${advice}`,
      `${why} was not run. ${advice}`,
    ])
    expect((await failed(pool, { type: 'work', ms: 1 })).says).toBe(
      '"pool" has stopped, so a request to it was not run. Spawn a new pool.',
    )
  })

  it('says whether it drains, was stopped or gave up, and what to do', async () => {
    const pool = spawned()
    send(pool, 1, { type: 'work', ms: 250 })
    await clock.advance(10)
    void drain(pool)
    expect((await failed(pool, { type: 'work', ms: 1 })).says).toBe(
      '"pool" is draining, so a request to it was not run. It accepts no new requests: send them before drain(pool), or to ' +
        'another pool.',
    )
    await clock.advance(300)
    expect((await failed(pool, { type: 'work', ms: 1 })).says).toBe(
      '"pool" has stopped, so a request to it was not run. Spawn a new pool.',
    )
    const fragile = spawnPool(system, Worker, 'fragile', { clock, size: 1, restart: { intensity: 0 } }) as Pool
    expect((await failed(fragile, { type: 'fail' })).says).toBe(
      'Member "member-1.1" of pool "fragile" failed on "fail": connection refused. Nothing was committed. See "cause" for ' +
        'the original error.',
    )
    await clock.advance(10)
    expect((await failed(fragile, { type: 'work', ms: 1 })).says).toBe(
      '"fragile" has stopped, so a request to it was not run. It stopped because: Pool "fragile" gave up: more than 0 ' +
        'members crashed within 5000 ms: connection refused. Fix the cause and spawn a new pool.',
    )
    expect(explain(fragile).text).not.toMatch(/\.\./)
  })
})
