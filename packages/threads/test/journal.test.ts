import { call, drain, getState, type PoolOptions, spawnPool } from '@genpool/core'
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

/** Runs `work` with a pool whose state is in the journal of `directory`. */
async function withPool<T>(name: string, work: (pool: ReturnType<typeof open>) => Promise<T>): Promise<T> {
  const engine = fileEngine(directory)
  const store = createStore({ journal: { engine } })
  const pool = open(name, { size: 2, timeout: 50_000, state: { type: 'shared', store, key: 'tally' } } as PoolOptions)
  try {
    return await work(pool)
  } finally {
    await drain(pool)
    await engine.close()
  }
}

const open = (name: string, options: PoolOptions) => spawnPool(system, threads<typeof Shared>(file), name, options)

describe('a state that members in threads share, in a journal', () => {
  it('has each change once, and the next pool goes on from there', async () => {
    const types = ['add', 'ticket', 'next', 'exclusive'] as const
    const answers = await withPool('first', (pool) =>
      Promise.all(Array.from({ length: 80 }, (_, i) => call(pool, { type: types[i % types.length] as 'add' }))),
    )
    expect([...answers].sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1))
    await withPool('second', async (pool) => {
      expect(await call(pool, { type: 'add' })).toBe(81)
      expect(getState(pool)).toEqual({ n: 81, seen: [] })
    })
  })
})
