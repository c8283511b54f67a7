import { call, type PoolOptions, ready, spawnPool } from '@genpool/core'
import { createStore, type Store } from '@genpool/state-ane'
import { threads } from '@genpool/threads'
import { stop } from 'nact'
import { memoryEngine } from '../../state-ane/test/journal/memory-engine'
import type Shared from './fixtures/shared'
import { file, system, words } from './fixtures/shared-system'

const stores: Record<string, () => Store> = {
  'in memory': () => createStore() as Store,
  'with a journal': () => createStore({ journal: { engine: memoryEngine() } }) as Store,
}

describe.each(Object.entries(stores))(
  'a store %s that is destroyed while threads have their state there',
  (_, make) => {
    const open = async () => {
      const store = make()
      const behaviour = threads<typeof Shared>(file, { workerData: words.buffer })
      const options = { size: 2, state: { type: 'shared', store }, timeout: 50_000 } as PoolOptions
      const pool = spawnPool(system, behaviour, 'destroyed', options)
      await ready(pool)
      return { store, pool }
    }

    it('fails the calls that run, and those that come later, also those that only read', async () => {
      const { store, pool } = await open()
      const first = call(pool, { type: 'add' })
      const many = Array.from({ length: 20 }, () => call(pool, { type: 'add', ms: 2 }))
      await first
      store.destroy()
      const codes = new Set<unknown>()
      for (const each of await Promise.allSettled(many)) {
        if (each.status === 'rejected') codes.add((each.reason as { code?: unknown }).code)
      }
      expect([...codes]).toEqual(['ERR_GENPOOL_STOPPED'])
      const later = { code: 'ERR_GENPOOL_STOPPED', message: expect.stringContaining('destroy() was called') as string }
      await expect(call(pool, { type: 'add' })).rejects.toMatchObject(later)
      await expect(call(pool, { type: 'read' })).rejects.toMatchObject(later)
      stop(pool)
    })
  },
)
