import { createStore, fileEngine } from '@genpool/state-ane'
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-short-'))))
afterEach(() => {
  jest.restoreAllMocks()
  rmSync(directory, { recursive: true })
})

describe('a log with all records (compact: false)', () => {
  const log = (): string => join(directory, 'store.log')
  const opened = async (adds: number) => {
    const engine = fileEngine(directory, { compact: false })
    const store = createStore({ journal: { engine, snapshotEvery: 4 } })
    const cell = store.cell<number>('n', { initial: 0 })
    const ends: number[] = []
    for (let i = 0; i < adds; i++) {
      await cell.update((n) => n + 1)
      ends.push(readFileSync(log()).length)
    }
    await store.ready
    await engine.close()
    return { value: cell.value, ends }
  }
  const warnings = (): readonly string[] => {
    const told: string[] = []
    jest.spyOn(process, 'emitWarning').mockImplementation((warning) => void told.push(String(warning)))
    return told
  }

  it('gives a warning if it was cut between two records before its snapshot', async () => {
    const { ends } = await opened(6)
    truncateSync(log(), ends[1])
    const told = warnings()
    expect((await opened(0)).value).toBe(4)
    expect(told).toEqual([
      expect.stringMatching(/ends with record 2, and its snapshot has .* up to record 4: the log was cut/),
    ])
  })

  it('gives none if it is whole, or goes on after that', async () => {
    const { ends } = await opened(6)
    const told = warnings()
    expect((await opened(1)).value).toBe(7)
    truncateSync(log(), ends[1])
    expect((await opened(3)).value).toBe(7)
    expect(told).toHaveLength(1)
    expect((await opened(0)).value).toBe(7)
    expect(told).toHaveLength(1)
  })
})
