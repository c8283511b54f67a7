import {
  broadcast,
  call,
  cast,
  configure,
  type DeadLetter,
  drain,
  getMembers,
  inspect,
  OptionsError,
  resize,
  spawnPool,
} from '@genpool/core'
import { scriptedMembers } from '@genpool/core/testing'
import { findActor } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { dispatch } from 'nact'
import { clock, system } from './virtual-system'
import { spawned, work } from './operated'

describe('drain', () => {
  it('accepts no new requests, finishes the others, stops, and resolves when everything is released', async () => {
    const { pool } = spawned()
    const calls = [1, 2, 3, 4, 5].map(() => work(pool, 100))
    let done = false
    const drained = [drain(pool), drain(pool)].map((promise) => promise.then(() => (done = true)))
    expect(await work(pool, 1)).toBe('ERR_GENPOOL_STOPPED')
    expect(cast(pool, { type: 'note' })).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_STOPPED' } })
    expect(() => dispatch(pool, { type: 'note' })).not.toThrow()
    expect(inspect(pool).phase).toBe('draining')
    await clock.advance(250)
    expect(done).toBe(false)
    await clock.advance(100)
    await Promise.all(drained)
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done', 'done', 'done'])
    expect(findActor(pool as never)).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('stops after `within` with requests left, and tells their callers', async () => {
    const { pool } = spawned()
    const calls = [50, 500, 10].map((ms) => work(pool, ms))
    const drained = drain(pool, { within: 200 })
    await clock.advance(200)
    expect(await Promise.all(calls)).toEqual(['done', 'ERR_GENPOOL_STOPPED', 'done'])
    await clock.advance(400)
    await drained
    expect(() => drain(pool, { within: -1 })).toThrow(OptionsError)
  })
})

describe('resize and configure', () => {
  it('change the number of members under load without losing a request', async () => {
    const { pool } = spawned({ size: 1 })
    const calls = Array.from({ length: 12 }, () => work(pool, 100))
    await clock.advance(50)
    expect(inspect(pool)).toMatchObject({ size: 1, waiting: 11 })
    resize(pool, 4)
    expect(inspect(pool)).toMatchObject({ size: 4, waiting: 8, members: { busy: 4 } })
    resize(pool, 2)
    await clock.advance(1000)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['done']))
    expect(getMembers(pool).map((member) => member.slot)).toEqual([1, 2])
    expect(() => resize(pool, 0)).toThrow(OptionsError)
  })

  it('keep waiting requests when the queue type changes, and return what changed', async () => {
    const { pool } = spawned({ broker: { client: { type: 'drop', max: 100 } } })
    const calls = Array.from({ length: 10 }, () => work(pool, 10))
    expect(
      configure(pool, { broker: { client: { type: 'fair', by: 'value' } }, timeout: 100 }).map((change) => change.path),
    ).toEqual(expect.arrayContaining(['broker.client.type', 'timeout']))
    expect(configure(pool, { timeout: 100 })).toEqual([])
    expect(configure(pool, { size: 3 })).toEqual([{ path: 'size', from: 2, to: 3 }])
    await clock.advance(100)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['done']))
  })

  it('refuse wrong or unchangeable options, and then change nothing', () => {
    const { pool } = spawned()
    const wrong: [unknown, RegExp][] = [
      [{ size: 3, timeout: -1 }, /timeout/],
      [{ sise: 3 }, /"sise" \(did you mean "size"\?\)/],
      [{ state: 'isolated' }, /"state.type".*cannot be changed while it runs/],
      [{ clock: virtualClock() }, /"clock".*cannot be changed/],
      [{ broker: { client: { type: 'codel', min: 5, max: 1 } } }, /min/],
    ]
    for (const [changes, message] of wrong) expect(() => configure(pool, changes as never)).toThrow(message)
    expect(inspect(pool).size).toBe(2)
  })
})

describe('broadcast', () => {
  it('reaches each member once, and later ones if asked to', async () => {
    const { pool, infos } = spawned()
    expect(broadcast(pool, 'now')).toBe(2)
    expect(broadcast(pool, 'always', { lateJoiners: true })).toBe(2)
    resize(pool, 3)
    await clock.settle()
    expect(infos.sort()).toEqual([
      'always to member-1.1',
      'always to member-2.1',
      'always to member-3.1',
      'now to member-1.1',
      'now to member-2.1',
    ])
  })
})

describe('inspect', () => {
  it('counts waiting requests by type and by priority', async () => {
    const { pool } = spawned({ size: 1 })
    const busy = work(pool, 10)
    const urgent = call(pool, { type: 'work', ms: 1 }, { priority: 5 })
    cast(pool, { type: 'note' })
    cast(pool, { type: 'note' }, { priority: 5 })
    expect(inspect(pool)).toMatchObject({
      waiting: 3,
      waitingBy: { type: { work: 1, note: 2 }, priority: { 0: 1, 5: 2 } },
    })
    await clock.advance(50)
    await Promise.all([busy, urgent])
    expect(inspect(pool).waitingBy).toEqual({ type: {}, priority: {} })
  })

  it('shows the figures of a scripted run', async () => {
    const members = scriptedMembers()
    const pool = spawnPool(system, members.behaviour, 'pool', {
      size: 2,
      clock,
      broker: { client: { type: 'drop', max: 2 } },
    })
    const calls = [1, 2, 3, 4, 5].map((n) => call(pool, n).catch((error: { code: string }) => error.code))
    const [a, b] = [await members.next(), await members.next()]
    await clock.advance(100)
    a.reply('a')
    b.crash()
    const [c, d] = [await members.next(), await members.next()]
    await clock.advance(300)
    c.reply('c')
    d.reply('d')
    await clock.settle()
    expect(await Promise.all(calls)).toEqual(['a', 'ERR_GENPOOL_CRASHED', 'c', 'd', 'ERR_GENPOOL_DROPPED'])
    const view = inspect(pool)
    expect(view).toMatchObject({
      name: 'pool',
      phase: 'running',
      members: { idle: 2, busy: 0, starting: 0 },
      accepted: 5,
      outcomes: { replied: 3, crashed: 1, dropped: 1 },
      drops: { max: 1 },
      restarts: 1,
      stateVersion: 0,
      sojourn: { count: 4, p50: 0 },
      run: { count: 4 },
      utilisation: 1,
    })
    expect(view.sojourn.max).toBeCloseTo(100, 0)
    expect(view.run.max).toBeCloseTo(300, 0)
    expect(view.run.p50).toBeGreaterThanOrEqual(100)
    expect(view.run.p50).toBeLessThan(107)
  })
})

describe('a message without a waiting caller', () => {
  it('goes to onDrop when it is lost; a callback that throws goes to onCallbackError and stops nothing', async () => {
    const lost: DeadLetter[] = []
    const failed: unknown[] = []
    const { pool } = spawned({
      size: 1,
      broker: { client: { type: 'drop', max: 1 } },
      onDrop: (letter) => {
        lost.push(letter)
        throw new Error('my own')
      },
      onCallbackError: (error) => failed.push((error as Error).message),
    })
    const running = work(pool, 100)
    for (let i = 0; i < 3; i++) dispatch(pool, { type: 'note' })
    await clock.advance(200)
    expect(await running).toBe('done')
    expect(lost.map(({ pool: name, error }) => [name, error.code])).toEqual([
      ['pool', 'ERR_GENPOOL_DROPPED'],
      ['pool', 'ERR_GENPOOL_DROPPED'],
    ])
    expect(failed).toEqual(['my own', 'my own'])
    expect(inspect(pool).deadLetters).toBe(2)
  })
})
