import { call, drain, getState, inspect, type PoolOptions, ready, spawnPool } from '@genpool/core'
import { deliver } from '@genpool/core/elsewhere'
import { createStore, fileEngine } from '@genpool/state-ane'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Shared from './fixtures/shared'

const file = join(__dirname, 'fixtures', 'shared.ts')

let system: ActorSystemRef
let directory: string
beforeEach(() => {
  system = start()
  directory = mkdtempSync(join(tmpdir(), 'genpool-threads-'))
})
afterEach(() => {
  stop(system)
  rmSync(directory, { recursive: true, force: true })
})

/** A pool in threads whose commits are written only when `write` is called. */
async function open(options: PoolOptions = {}) {
  const engine = fileEngine(directory)
  let isLate = false
  let write!: () => void
  let begins!: () => void
  const written = new Promise<void>((resolve) => (write = resolve))
  const begun = new Promise<void>((resolve) => (begins = resolve))
  const late = {
    events: engine.events.bind(engine),
    latestSnapshot: engine.latestSnapshot.bind(engine),
    takeSnapshot: engine.takeSnapshot.bind(engine),
    persist: async (event: never) => {
      begins()
      if (isLate) await written
      return engine.persist(event)
    },
  }
  const store = createStore({ journal: { engine: late } })
  const state = { type: 'shared', store, key: 'tally' }
  const pool = spawnPool(system, threads<typeof Shared>(file), 'pool', { size: 1, state, ...options } as PoolOptions)
  await ready(pool)
  isLate = true
  const close = async (): Promise<void> => {
    await drain(pool)
    await engine.close()
  }
  return { pool, store, write, begun, close }
}

describe('a commit of a thread that is being written', () => {
  it.each(['add', 'next', 'exclusive'] as const)(
    'may count, and its caller is told so at its deadline: %s',
    async (type) => {
      const { pool, write, begun, close } = await open()
      const error = call(pool, { type }, { timeout: 1500 }).catch((reason: unknown) => reason)
      await begun
      expect(await error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true, mayBeCommitted: true })
      expect(getState(pool)).toMatchObject({ n: 0 })
      write()
      expect(await call(pool, { type: 'add' })).toBe(2)
      await close()
    },
  )

  it('may count, and its caller is told so when it aborts', async () => {
    const { pool, store, write, begun } = await open()
    const abort = new AbortController()
    const aborted = call(pool, { type: 'add' }, { signal: abort.signal }).catch((reason: unknown) => reason)
    await begun
    abort.abort()
    expect(await aborted).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', mayBeCommitted: true })
    write()
    while (store.get<{ n: number }>('tally').n === 0) await new Promise((resolve) => setImmediate(resolve))
  })

  it('is waited for by a delivered cast that is ended: it is done with it', async () => {
    const { pool, write, begun, close } = await open()
    const delivery = { id: 'a', attempt: 1, storedAt: new Date(5), seq: 7, key: undefined }
    let running!: { cancel(): void }
    const told = new Promise<unknown>((resolve) => {
      running = deliver(pool as never, { type: 'bump' }, { delivery, timeout: 60_000 }, resolve)
    })
    await begun
    running.cancel()
    write()
    expect(await told).toBeUndefined()
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, cancelled: 0 })
    expect(getState(pool)).toMatchObject({ n: 1 })
    await close()
  })
})
