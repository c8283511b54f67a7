import {
  call,
  definePool,
  explain,
  getMembers,
  inspect,
  noReply,
  onEvent,
  type PoolOptions,
  ready,
  reply,
  spawnPool,
  withWorkers,
} from '@genpool/core'
import { type ScriptedWorker, scriptedWorkers } from '@genpool/core/testing'
import { clock, system } from '../virtual-system'

const Work = definePool({ init: () => 0, handleContinue: () => noReply(), calls: { one: () => reply(0) } })

const ECONNREFUSED = new Error('ECONNREFUSED 10.0.0.7:6379')

/** A pool of one member, whose start may be changed. Failed starts wait for 100, 200, 400 … ms. */
function bench(options: PoolOptions = {}, start?: ScriptedWorker['start']) {
  const workers = scriptedWorkers({ now: () => clock.now() })
  const create = workers.create.bind(workers)
  workers.create = (seat, host) => {
    const worker = create(seat, host) as ScriptedWorker
    if (start !== undefined) worker.start = start
    return worker
  }
  const pool = spawnPool(system, withWorkers(Work, workers), 'pool', {
    size: 1,
    clock,
    timeout: Infinity,
    state: 'isolated',
    ...options,
    restart: { attempts: 3, backoff: { min: 100, jitter: 0 }, ...options.restart },
  })
  const die = async (): Promise<void> => {
    workers.alive[0]!.die(ECONNREFUSED)
    await clock.settle()
  }
  const serve = async (): Promise<void> => {
    const answer = call(pool, { type: 'one' })
    await clock.settle()
    workers.jobs[0]!.begin()
    workers.jobs[0]!.finish(0)
    await answer
  }
  return { pool, workers, die, serve, incarnation: () => getMembers(pool)[0]?.incarnation }
}

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  jest.restoreAllMocks()
})

describe('a worker that dies before it has done anything', () => {
  it('has failed to start: the next one starts after a wait that grows, and the pool stops after restart.attempts', async () => {
    const { pool, die, incarnation } = bench()
    await ready(pool)
    await die()
    await clock.advance(99)
    expect(incarnation()).toBeUndefined()
    await clock.advance(1)
    expect(incarnation()).toBe(2)
    await die()
    await clock.advance(199)
    expect(incarnation()).toBeUndefined()
    await clock.advance(1)
    expect(incarnation()).toBe(3)
    await die()
    await expect(call(pool, { type: 'one' })).rejects.toThrow(
      'Pool "pool" gave up: its members died as they started, 3 times in a row: ECONNREFUSED 10.0.0.7:6379',
    )
  })

  it('is explained as what it is, and is no crash of a handler', async () => {
    const { pool, die } = bench()
    await ready(pool)
    await die()
    const { failures } = inspect(pool).starts
    expect(failures).toBe(1)
    const [finding, ...others] = explain(pool).findings
    expect(finding).toMatchObject({ finding: 'failing-starts', option: 'restart.attempts' })
    expect(finding!.says).toBe(
      '1 member in a row has died as it started, before it had done anything, the last one of: ECONNREFUSED 10.0.0.7:6379',
    )
    expect(others).toEqual([])
    const waiting = call(pool, { type: 'one' }, { timeout: 50 })
    void waiting.catch(() => undefined)
    await clock.advance(60)
    await expect(waiting).rejects.toThrow(/has died as it started.*ECONNREFUSED/)
  })

  it('loses no message that it had not begun', async () => {
    const { pool, workers, die } = bench()
    const answer = call(pool, { type: 'one' })
    await clock.settle()
    expect(workers.jobs).toHaveLength(1)
    await die()
    await clock.advance(100)
    workers.jobs[0]!.begin()
    workers.jobs[0]!.finish(7)
    expect(await answer).toBe(7)
  })

  it('while it starts, has failed to start as well, and its ready is told', async () => {
    const { pool, die, incarnation } = bench({}, () => new Promise(() => undefined) as never)
    const isReady = ready(pool)
    void isReady.catch(() => undefined)
    await clock.settle()
    for (const wait of [100, 200]) {
      await die()
      expect(incarnation()).toBeUndefined()
      await clock.advance(wait)
    }
    await die()
    await expect(isReady).rejects.toThrow(/died as they started, 3 times in a row: ECONNREFUSED/)
  })

  it('has failed to start also if it had been told to continue after its init', async () => {
    const { pool, workers, die, incarnation } = bench({}, () => ({ kind: 'continue', reason: 'go on' }))
    await ready(pool)
    await clock.settle()
    workers.jobs[0]!.begin()
    workers.jobs[0]!.leave()
    await die()
    expect(incarnation()).toBeUndefined()
    await clock.advance(100)
    workers.jobs[0]!.begin()
    await die()
    expect(incarnation()).toBeUndefined()
    expect(inspect(pool).starts.failures).toBe(2)
  })

  it('is told as an end and a failed start, not as a crash', async () => {
    const told: string[] = []
    const { pool, die } = bench()
    await ready(pool)
    onEvent('genpool:member:crash', () => told.push('crash'), { pool })
    onEvent('genpool:member:stop', ({ member }) => told.push(`${member} ends`), { pool })
    onEvent('genpool:init:fail', ({ member, failures }) => told.push(`${member} failed ${failures}`), { pool })
    await die()
    expect(told).toEqual(['member-1.1 ends', 'member-1.1 failed 1'])
  })
})

describe('a worker that dies later', () => {
  it('has crashed, and is replaced at once, if it has done something', async () => {
    const { die, serve, incarnation, pool } = bench({ restart: { intensity: 1 } })
    await ready(pool)
    await serve()
    await die()
    expect(incarnation()).toBe(2)
    await serve()
    await die()
    await expect(call(pool, { type: 'one' })).rejects.toThrow(/more than 1 members crashed within 5000 ms/)
  })

  it('has crashed also if it had nothing to do for longer than restart.within', async () => {
    const { die, incarnation, pool } = bench()
    await ready(pool)
    for (let i = 2; i < 9; i++) {
      await clock.advance(5001)
      await die()
      expect(incarnation()).toBe(i)
    }
  })

  it('has crashed if it dies in its first message', async () => {
    const { workers, die, incarnation, pool } = bench()
    for (let i = 2; i < 9; i++) {
      const lost = call(pool, { type: 'one' })
      void lost.catch(() => undefined)
      await clock.settle()
      workers.jobs[0]!.begin()
      await die()
      await expect(lost).rejects.toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
      expect(incarnation()).toBe(i)
    }
  })

  it('ends the row of deaths: what came before no longer counts, and is no longer explained', async () => {
    const { die, serve, incarnation, pool } = bench()
    await ready(pool)
    await die()
    await clock.advance(100)
    await die()
    await clock.advance(200)
    expect(inspect(pool).starts.failures).toBe(2)
    await serve()
    expect(inspect(pool).starts.failures).toBe(0)
    await die()
    expect(incarnation()).toBe(4)
    await die()
    expect(inspect(pool).starts.failures).toBe(1)
  })

  it('ends it also by living for longer than restart.within', async () => {
    const { die, pool } = bench()
    await ready(pool)
    await die()
    await clock.advance(100 + 5001)
    expect(inspect(pool).starts.failures).toBe(0)
    expect(explain(pool).findings[0]!.finding).toBe('calm')
  })
})

describe('a worker that dies later, while it runs nothing', () => {
  it('is explained as what it is, and is no crash of a handler', async () => {
    const { pool, workers, die, serve, incarnation } = bench()
    await ready(pool)
    await serve()
    await clock.advance(6000)
    await die()
    expect(incarnation()).toBe(2)
    expect(explain(pool).findings).toMatchObject([
      {
        finding: 'deaths',
        says: '1 member died lately while it ran nothing, the last one of: ECONNREFUSED 10.0.0.7:6379',
      },
    ])
    void call(pool, { type: 'one' }).catch(() => undefined)
    await clock.settle()
    workers.jobs[0]!.begin()
    workers.jobs[0]!.crash(new Error('no luck'))
    await clock.settle()
    expect(explain(pool).findings).toMatchObject([
      { finding: 'crashes', says: '1 handler crashed lately, last with: no luck' },
      { finding: 'deaths' },
    ])
  })
})
