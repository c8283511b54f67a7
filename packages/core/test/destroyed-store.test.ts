import { call, definePool, explain, inspect, reply, spawnPool } from '@genpool/core'
import { createStore, fileEngine, type Store } from '@genpool/state-ane'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start, stop } from 'nact'

const directory = mkdtempSync(join(tmpdir(), 'genpool-destroyed-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe.each<[string, () => Store]>([
  ['in memory', () => createStore()],
  ['with a journal', () => createStore({ journal: { engine: fileEngine(directory) } })],
])('a pool whose store was destroyed: %s', (_, make) => {
  it('says of a handler that ran that it may have run, and is still there to be looked at', async () => {
    const store = make()
    let charged = 0
    let paid = (): void => undefined
    const Pay = definePool({
      init: () => ({ n: 0 }),
      calls: {
        pay: async () => {
          charged++
          await new Promise<void>((resolve) => (paid = resolve))
          return reply('paid', (draft) => void draft.n++)
        },
      },
    })
    const system = start()
    const pool = spawnPool(system, Pay, 'pay', { state: { store, key: 'pay' } })
    const running = call(pool, { type: 'pay' })
    while (charged === 0) await new Promise(setImmediate)
    store.destroy()
    paid()
    await expect(running).rejects.toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      started: true,
      mayBeCommitted: false,
      message: expect.stringContaining('Its handler may have run, and nothing was committed') as string,
    })
    expect(inspect(pool)).toMatchObject({ stateVersion: undefined, outcomes: { stopped: 1 } })
    expect(explain(pool).text).toContain('store.destroy() was called in this process')
    stop(system)
    expect(inspect(pool).phase).toBe('stopped')
  })
})
