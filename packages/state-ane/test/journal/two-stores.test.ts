import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PersistenceEngine } from 'nact'
import { type AsyncStore, createStore, fileEngine, type FileEngine } from '@genpool/state-ane'
import { memoryEngine } from './memory-engine'

let directory: string
const engines: FileEngine[] = []
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-two-'))))
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()))
  rmSync(directory, { recursive: true })
})
const files = (): FileEngine => {
  const engine = fileEngine(directory)
  engines.push(engine)
  return engine
}

describe('two stores on one engine', () => {
  const taken = {
    code: 'ERR_GENPOOL_OPTIONS',
    issues: [{ path: ['journal', 'key'] }],
    message: expect.stringMatching(
      /"users" keeps its commits under the key "store".*another "key".*"destroy\(\)" first/s,
    ) as string,
  }
  const made = (engine: PersistenceEngine, name: string, key?: string): AsyncStore =>
    createStore({ name, initial: 0, journal: { engine, snapshotEvery: 3, ...(key === undefined ? {} : { key }) } })
  const add = (store: AsyncStore, times = 1): Promise<unknown> =>
    Promise.all(Array.from({ length: times }, () => store.cell<number>('n').update((n) => n + 1)))
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work()
    } catch (error) {
      return error
    }
  }

  it.each(['fileEngine', 'another engine'])(
    'of one key: the second is refused, and the first loses nothing (%s)',
    async (kind) => {
      const one = kind === 'fileEngine' ? files() : memoryEngine()
      const users = made(one, 'users')
      expect(thrownBy(() => made(one, 'orders'))).toMatchObject(taken)
      await users.ready
      expect(thrownBy(() => made(one, 'orders'))).toMatchObject(taken)
      await Promise.all(
        [users, made(one, 'orders', 'orders'), made(memoryEngine(), 'others')].map((store) => add(store, 5)),
      )
      users.destroy()
      const after = made(one, 'again')
      await after.ready
      expect(after.cell('n')).toMatchObject({ value: 5, version: 5 })
    },
  )

  it('may follow each other without destroy() if the first cannot be used, since a validator refuses what is kept', async () => {
    const engine = files()
    const before = made(engine, 'before')
    await add(before, 2)
    before.destroy()
    const strict = made(engine, 'strict')
    strict.cell<number>('n', { validate: (n) => n !== 2 || 'not 2' })
    await expect(strict.ready).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    const after = made(engine, 'after')
    await add(after)
    expect(after.cell('n')).toMatchObject({ value: 3, version: 3 })
    await expect(strict.cell<number>('m').update((m) => m + 1)).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    strict.destroy()
    expect(thrownBy(() => made(engine, 'orders'))).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
  })

  it('may follow each other: the second begins when all is written that the first began', async () => {
    const shared = memoryEngine()
    const first = made(shared, 'first')
    await add(first)
    let finish = (): void => undefined
    const began = new Promise<void>((resolve) => {
      shared.wait = () => {
        resolve()
        return new Promise((written) => (finish = written))
      }
    })
    const [written] = [Promise.allSettled([add(first)]), await began]
    first.destroy()
    expect(await written).toMatchObject([{ reason: { code: 'ERR_GENPOOL_STOPPED', started: true } }])
    // One that was never used comes between, and does not let the next one in earlier.
    made(shared, 'second').destroy()
    const third = made(shared, 'third')
    let isReady = false
    const ready = third.ready.then(() => (isReady = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isReady).toBe(false)
    shared.wait = () => Promise.resolve()
    finish()
    await ready
    expect(third.cell('n')).toMatchObject({ value: 2, version: 2 })
    await add(third, 3)
    third.destroy()
    const fourth = made(shared, 'fourth')
    await fourth.ready
    expect(fourth.cell('n')).toMatchObject({ value: 5, version: 5 })
  })

  it('may follow each other also if the first could not be read', async () => {
    const shared = memoryEngine()
    const { events } = shared
    shared.events = () => Promise.reject(new Error('no connection')) as never
    await expect(made(shared, 'first').ready).rejects.toThrow('no connection')
    shared.events = events
    await expect(made(shared, 'second').ready).resolves.toBeUndefined()
  })
})
