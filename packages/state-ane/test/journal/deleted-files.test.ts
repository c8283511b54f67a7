import { createStore, fileEngine } from '@genpool/state-ane'
import { mkdtempSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-deleted-'))))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('a journal whose files are deleted while it is open', () => {
  it('acknowledges no commit from then on, and says why', async () => {
    const engine = fileEngine(directory)
    const cell = createStore({ journal: { engine } }).cell('n', { initial: 0 })
    await cell.update((n) => n + 1)
    rmSync(directory, { recursive: true })
    for (let i = 0; i < 2; i++) {
      const error = await Promise.resolve(cell.update((n) => n + 1)).catch((thrown: unknown) => thrown)
      const { cause } = error as { cause?: unknown }
      expect(`${String(error)} ${String(cause)}`).toMatch(/store\.log" was deleted/)
    }
    expect(cell.value).toBe(1)
    await engine.close()
  })

  it('goes on if its directory has only been given another name', async () => {
    const engine = fileEngine(join(directory, 'a'))
    const cell = createStore({ journal: { engine } }).cell('n', { initial: 0 })
    await cell.update((n) => n + 1)
    renameSync(join(directory, 'a'), join(directory, 'b'))
    expect(await cell.update((n) => n + 1)).toBe(2)
    await engine.close().catch(() => undefined)
  })
})

describe('a journal whose log is made smaller while it is open, as by a tool that rotates logs', () => {
  it.each([100, 0])('acknowledges no commit from then on, and says why (%d bytes are left)', async (left) => {
    const engine = fileEngine(directory)
    const cell = createStore({ journal: { engine } }).cell('n', { initial: 0 })
    for (let i = 0; i < 5; i++) await cell.update((n) => n + 1)
    const log = join(directory, 'store.log')
    expect(statSync(log).size).toBeGreaterThan(100)
    truncateSync(log, left)
    for (let i = 0; i < 2; i++) {
      const error = await Promise.resolve(cell.update((n) => n + 1)).catch((thrown: unknown) => thrown)
      const { cause } = error as { cause?: unknown }
      expect(`${String(error)} ${String(cause)}`).toMatch(/store\.log" was made smaller/)
    }
    expect(cell.value).toBe(5)
    expect(statSync(log).size).toBe(left)
    await engine.close()
  })
})
