import { call, definePool, reply, spawnPool, withWorkers } from '@genpool/core'
import { scriptedWorkers } from '@genpool/core/testing'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'

const Work = definePool({ init: () => 0, calls: { one: () => reply(0) } })

describe('a pool that is stopped', () => {
  it.each(['waits', 'has given up'])('has its worker end what runs, whose caller %s', async (caller) => {
    const workers = scriptedWorkers({ now: () => clock.now() })
    const pool = spawnPool(system, withWorkers(Work, workers), 'pool', { size: 1, clock })
    const giving = new AbortController()
    const outcome = call(pool, { type: 'one' }, { signal: giving.signal }).catch(({ code }: { code: string }) => code)
    await clock.settle()
    const [held] = workers.jobs
    held!.begin()
    const { cancelled } = held!.worker
    if (caller === 'has given up') giving.abort()
    await clock.settle()
    const before = cancelled.length
    stop(pool)
    expect(cancelled.slice(before)).toEqual([held!.job])
    expect(await outcome).toBe(caller === 'waits' ? 'ERR_GENPOOL_STOPPED' : 'ERR_GENPOOL_CANCELLED')
  })
})
