import { call, getMembers, inspect, onEvent, pause, type PoolEvents, resume, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type Faults from './fixtures/faults'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'faults.ts')

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

const open = () => spawnPool(system, threads<typeof Faults>(file), 'faults', { size: 1, timeout: 50_000 })

describe('ctx.backOff in a thread', () => {
  it('has the message run again after the wait', async () => {
    const pool = open()
    expect(await call(pool, { type: 'busy' })).toBe(2)
    expect(getMembers(pool)[0]?.name).toBe('member-1.1')
  })

  it.each(['reply', 'state', 'recipe', 'await'])('does so where its result ends up elsewhere: %s', async (place) => {
    const pool = open()
    expect(await call(pool, { type: 'busyIn', place })).toBe(2)
    expect(inspect(pool)).toMatchObject({ restarts: 0, outcomes: { crashed: 0, invalid: 0 } })
  })

  it('is too late in the function that makes the answer: the error says so', async () => {
    const pool = open()
    await expect(call(pool, { type: 'busyIn', place: 'answer' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      message: expect.stringContaining('return it from the handler, or throw it') as string,
    })
    await expect(call(pool, { type: 'stepInAnswer' })).rejects.toMatchObject({
      message: expect.stringContaining('the answer is a step') as string,
    })
  })

  it('holds the queue of the pool', async () => {
    const pool = open()
    expect(await call(pool, { type: 'full', key: null })).toBe('held')
    const held = call(pool, { type: 'echo', value: 1 })
    expect(inspect(pool)).toMatchObject({ backOff: { all: true }, members: { busy: 0 } })
    stop(pool as never)
    await expect(held).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('waits for its next run, also if its pool stops just after a member got it', async () => {
    const pool = open()
    const events: PoolEvents['genpool:request:settled'][] = []
    const end = onEvent('genpool:request:settled', (event) => void events.push(event), { pool })
    const waits = call(pool, { type: 'busy' }).catch((error: Error) => error.message)
    await until(() => inspect(pool).backOffs === 1)
    pause(pool)
    await until(() => inspect(pool).backOff?.all !== true)
    resume(pool)
    stop(pool as never)
    expect(await waits).toContain('while it was waiting for its next run. It ran before (attempt 1)')
    end()
    const { waitedMs, ranMs, heldMs, attempts } = events.find(({ type }) => type === 'busy')!
    expect({ ranMs, attempts, isHeld: heldMs > 0 && heldMs <= waitedMs }).toEqual({
      ranMs: 0,
      attempts: 1,
      isHeld: true,
    })
  })
})
