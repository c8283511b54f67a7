import { call, definePool, explain, inspect, ready, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type Backing, backedStore, createStore, fileEngine, UnknownWrite } from '@genpool/state-ane'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorSystemRef, start, stop } from 'nact'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: () =>
      reply(
        (after: { count: number }) => after.count,
        (draft) => {
          draft.count += 1
        },
      ),
  },
})

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

/** A pool whose store writes as the test says. */
async function opened(more: Partial<Backing>) {
  const clock = virtualClock()
  const store = backedStore({ name: 'far' }, () => ({
    ready: Promise.resolve(),
    known: () => undefined,
    write: (_, put) => Promise.resolve(put()).then(() => true),
    clock,
    ...more,
  }))
  const pool = spawnPool(system, Counter, 'counter', {
    size: 2,
    clock,
    timeout: 5000,
    state: { type: 'shared', store },
  })
  void ready(pool)
  await clock.settle()
  const add = (): Promise<unknown> => call(pool, { type: 'add' }).catch((error: unknown) => error)
  return { clock, pool, add }
}

describe('a pool whose store does not answer', () => {
  it('is explained by that, first, and by nothing that follows from it', async () => {
    const { clock, pool, add } = await opened({ write: () => new Promise(() => undefined) })
    const calls = Array.from({ length: 12 }, add)
    await clock.advance(4000)
    expect(inspect(pool).store).toMatchObject({ waitingMs: 4000, failures: 0 })
    const { findings, text } = explain(pool)
    expect(findings[0]).toMatchObject({ finding: 'store', figures: { waitingMs: 4000 } })
    expect(text).toMatch(/the store is what limits the pool: a commit has waited for 4 s\.\n.*\n.*Look at the store/)
    expect(text).not.toMatch(/Raise "size"|stuckAfter|Make handlers faster/)
    await clock.advance(1001)
    for (const error of (await Promise.all(calls)) as Error[]) {
      expect(error.message).toMatch(/store is what limits the pool: a commit has waited for 5 s\. Look at the store/)
      expect(error.message).not.toMatch(/Raise "size"|stuckAfter|Make the handler faster/)
    }
  })

  it('is named by that as soon as writes are known to be slow, or one takes long for such a store', async () => {
    let takes = 300
    const { clock, pool, add } = await opened({
      write: async (_, put) => {
        put()
        await clock.wait(takes)
        return true
      },
    })
    const calls = Array.from({ length: 30 }, add)
    await clock.advance(450)
    expect(explain(pool).text).toMatch(
      /limits the pool: a write takes 300 ms, and most of each run is that\.\n.*writeMs 300/,
    )
    expect(explain(pool).text).not.toMatch(/Raise "size"/)
    await clock.advance(5000)
    await Promise.all(calls)
    expect(explain(pool).calm).toBe(true)
    takes = 5
    for (let i = 0; i < 20; i++) await Promise.all([add(), clock.advance(6)])
    takes = 400
    const late = add()
    await clock.advance(150)
    expect(explain(pool).text).toContain('the store is what limits the pool: a commit has waited for 150 ms')
    await clock.advance(300)
    await late
  })

  it('names the last failure, and is calm again after a commit', async () => {
    let isFull = true
    const write: Backing['write'] = (_, put) =>
      isFull ? Promise.reject(new UnknownWrite(new Error('the disk is full'))) : Promise.resolve(put()).then(() => true)
    const { clock, pool, add } = await opened({ write })
    await Promise.all([add(), clock.settle()])
    await Promise.all([add(), clock.settle()])
    expect(inspect(pool).store).toMatchObject({ failures: 2, lastFailure: 'the disk is full' })
    expect(explain(pool).text).toContain('2 writes have failed, last with: the disk is full')
    isFull = false
    await Promise.all([add(), clock.settle()])
    expect(inspect(pool).store).toMatchObject({ failures: 0, lastFailure: undefined })
    expect(explain(pool).calm).toBe(true)
  })

  it('names what the store says of itself, and who holds the state', async () => {
    const says = { fault: undefined as string | undefined, heldBy: undefined as string | undefined }
    const { clock, pool, add } = await opened({ condition: () => says, free: () => new Promise(() => undefined) })
    expect(explain(pool).calm).toBe(true)
    void add()
    says.heldBy = 'another process'
    await clock.advance(2000)
    expect(explain(pool).text).toMatch(
      /commits have waited for 2 s: the state is held by another process.*Find who holds/s,
    )
    says.fault = 'the bucket was deleted'
    expect(explain(pool).text).toMatch(/the store is what limits the pool: a commit .*; the bucket was deleted\.\n/)
    await clock.advance(3001)
  })
})

it('a journal on a full disk is named by the pool', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'genpool-full-'))
  const engine = fileEngine(directory)
  const full = {
    ...engine,
    events: engine.events.bind(engine),
    latestSnapshot: engine.latestSnapshot.bind(engine),
    takeSnapshot: engine.takeSnapshot.bind(engine),
    persist: () => Promise.reject(new Error('ENOSPC: no space left on device')),
  }
  const store = createStore({ journal: { engine: full } })
  const pool = spawnPool(system, Counter, 'counter', { state: { type: 'shared', store } })
  await ready(pool)
  await expect(call(pool, { type: 'add' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED' })
  expect(explain(pool).findings[0]).toMatchObject({ finding: 'store' })
  expect(explain(pool).text).toContain('1 write has failed, last with: ENOSPC: no space left on device')
  await engine.close()
  rmSync(directory, { recursive: true })
})
