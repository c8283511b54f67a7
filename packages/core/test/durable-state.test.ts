import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, definePool, getState, ready, reply, spawnPool } from '@genpool/core'
import { createStore, fileEngine } from '@genpool/state-ane'
import { start, stop } from 'nact'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: (_message, _state) =>
      reply(
        (committed) => committed.count,
        (draft) => {
          draft.count += 1
        },
      ),
    next: async (_message, state) => {
      await Promise.resolve()
      return reply(undefined, { count: state.count + 1 })
    },
  },
})

describe('a pool whose state is journalled', () => {
  it('continues where it ended, and loses no update of members that wait for the disk', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'genpool-durable-'))
    for (let life = 0; life < 3; life++) {
      const engine = fileEngine(directory)
      const store = createStore({ journal: { engine } })
      const system = start()
      const pool = spawnPool(system, Counter, 'counter', { size: 4, state: { store, key: 'count' } })
      const early = call(pool, { type: 'add' })
      await ready(pool)
      expect(await early).toBe(life * 41 + 1)
      await Promise.all(Array.from({ length: 40 }, (_, i) => call(pool, { type: i % 2 === 0 ? 'add' : 'next' })))
      expect(getState(pool)).toEqual({ count: (life + 1) * 41 })
      stop(system)
      await engine.close()
    }
    rmSync(directory, { recursive: true })
  })

  it('answers with what has become of the commit if the disk fails, and goes on when it works again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'genpool-durable-'))
    const engine = fileEngine(directory)
    let failures = 1
    const failing = {
      ...engine,
      events: engine.events.bind(engine),
      latestSnapshot: engine.latestSnapshot.bind(engine),
      takeSnapshot: engine.takeSnapshot.bind(engine),
      persist: (event: never) =>
        failures-- > 0 ? Promise.reject(new Error('the disk is full')) : engine.persist(event),
    }
    const store = createStore({ journal: { engine: failing } })
    const system = start()
    const pool = spawnPool(system, Counter, 'counter', { size: 4, state: { store, key: 'count' } })
    await ready(pool)
    const answers = await Promise.allSettled([1, 2, 3].map(() => call(pool, { type: 'add' })))
    for (const answer of answers) {
      expect(answer).toMatchObject({ reason: { code: 'ERR_GENPOOL_NOT_COMMITTED', commits: 3, mayBeCommitted: false } })
    }
    expect(getState(pool)).toEqual({ count: 0 })
    expect(await call(pool, { type: 'add' })).toBe(1)
    stop(system)
    await engine.close()
    rmSync(directory, { recursive: true })
  })
})

describe('a journal with a value that "validate" refuses', () => {
  it.each(['pool', 'store'])('lets no pool start: the one of the %s', async (where) => {
    const directory = mkdtempSync(join(tmpdir(), 'genpool-durable-'))
    const validate = ((value: { count: number }) => value.count === 0) as never
    const engine = fileEngine(directory)
    const before = createStore({ journal: { engine } })
    await before.put('count', { count: 1 })
    await engine.close()
    const again = fileEngine(directory)
    const store = createStore({ journal: { engine: again }, ...(where === 'store' && { validate }) })
    const system = start()
    const state = { store, key: 'count', ...(where === 'pool' && { validate }) }
    const restart = { attempts: 3, backoff: { min: 5, max: 5 } }
    const pool = spawnPool(system, Counter, 'counter', { state, restart } as never)
    const early = call(pool, { type: 'add' })
    const refused = /value that store "store" has of cell "count" was refused; it stays as it is/
    await expect(early).rejects.toThrow(refused)
    await expect(ready(pool)).rejects.toThrow(refused)
    stop(system)
    await again.close()
    rmSync(directory, { recursive: true })
  })
})
