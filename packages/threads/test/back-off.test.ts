import {
  call,
  getMembers,
  inspect,
  onEvent,
  pause,
  type PoolEvents,
  type PoolOptions,
  resume,
  spawnPool,
} from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type Faults from './fixtures/faults'
import type Gates from './fixtures/gates'
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

describe('what a thread has not begun when a handler backs off', () => {
  const gated = (options: PoolOptions) => {
    const gates = new Int32Array(new SharedArrayBuffer(12))
    const behaviour = threads<typeof Gates>(join(__dirname, 'fixtures', 'gates.ts'), {
      prefetch: 4,
      workerData: gates.buffer,
    })
    const pool = spawnPool(system, behaviour, 'gates', { timeout: 50_000, ...options } as PoolOptions)
    return { pool, open: (gate: number) => Atomics.store(gates, gate, 1), begun: () => Atomics.load(gates, 2) }
  }

  it('waits in the queue, also if it is in other threads', async () => {
    const { pool, open, begun } = gated({ size: 3 })
    await until(() => inspect(pool).members.idle === 3)
    const backingOff = call(pool, { type: 'backOff', gate: 0 })
    const rest = Array.from({ length: 11 }, () =>
      call(pool, { type: 'wait', gate: 1, counter: 2 }).catch((error: Error) => error.name),
    )
    await until(() => begun() === 2)
    open(0)
    expect(await backingOff).toBe(0)
    // One runs in each of the other threads. The rest are taken back, and stay where they are when it has ended.
    await until(() => inspect(pool).backOff?.waiting === 9)
    open(1)
    expect(await Promise.race(rest)).toBe(1)
    await until(() => inspect(pool).members.busy === 0)
    expect(inspect(pool)).toMatchObject({ waiting: 9, backOff: { waiting: 9 } })
    stop(pool as never)
    expect((await Promise.all(rest)).filter((each) => each === 'StoppedError')).toHaveLength(9)
  })

  it('goes on if it is of another key', async () => {
    const { pool, open } = gated({ size: 1, limits: { by: 'tenant' } })
    await until(() => inspect(pool).members.idle === 1)
    const send = (tenant: string) => call(pool, { type: 'wait', gate: 0, tenant }).catch((error: Error) => error.name)
    const first = send('c')
    await until(() => inspect(pool).members.busy === 1)
    open(1)
    const backingOff = call(pool, { type: 'backOff', gate: 1, key: 'a' })
    const [a, b] = [send('a'), send('b')]
    await new Promise(setImmediate)
    open(0)
    expect(await Promise.all([first, backingOff, b])).toEqual([0, 1, 0])
    expect(inspect(pool)).toMatchObject({ waiting: 1, backOff: { waiting: 1, keys: 1 } })
    stop(pool as never)
    expect(await a).toBe('StoppedError')
  })
})
