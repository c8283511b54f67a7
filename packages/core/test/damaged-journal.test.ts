import { call, definePool, isGenPoolError, ready, reply, spawnPool } from '@genpool/core'
import { createStore, fileEngine } from '@genpool/state-ane'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type ActorSystemRef, start, stop } from 'nact'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const Counter = definePool({
  init: () => ({ n: 0 }),
  calls: {
    add: (_message, state: { n: number }) =>
      reply(state.n + 1, (draft) => {
        draft.n++
      }),
  },
})

describe('a pool whose journal is damaged', () => {
  let directory: string
  let system: ActorSystemRef
  let printed: jest.SpyInstance
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'genpool-damaged-'))
    system = start()
    printed = jest.spyOn(console, 'log').mockImplementation(() => undefined)
  })
  afterEach(() => {
    stop(system)
    printed.mockRestore()
    rmSync(directory, { recursive: true })
  })

  it.each([1, 2])('names the file to all who wait for it, after %i starts', async (attempts) => {
    const first = fileEngine(directory)
    const cell = createStore({ initial: { n: 0 }, journal: { engine: first } }).cell<{ n: number }>('counter')
    for (let i = 0; i < 3; i++) await cell.update((draft) => void draft.n++)
    await first.close()
    const file = join(directory, 'store.log')
    const bytes = readFileSync(file)
    bytes[bytes.length - 10] = (bytes[bytes.length - 10] as number) ^ 1
    writeFileSync(file, bytes)
    const engine = fileEngine(directory)
    const store = createStore({ journal: { engine } })
    const pool = spawnPool(system, Counter, 'counter', {
      state: { store, key: 'counter' },
      restart: { attempts, backoff: { min: 1, max: 1 } },
    })
    const failures = await Promise.all(
      [ready(pool), call(pool, { type: 'add' })].map((waiting) => waiting.catch((e: unknown) => e)),
    )
    for (const error of failures as Error[]) {
      expect(isGenPoolError(error, 'ERR_GENPOOL_STOPPED')).toBe(true)
      expect(error.message).toContain(
        `opening its store failed ${attempts === 1 ? 'once' : '2 times in a row'}: The log "${file}" is damaged`,
      )
      expect((error.cause as Error).cause).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL', path: file })
    }
    await engine.close()
  })
})
