import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configurePersistence, dispatch, query, type Ref, spawnPersistent, start, stop } from 'nact'
import { createStore, fileEngine, type FileEngine } from '@genpool/state-ane'

describe('fileEngine', () => {
  let directory: string
  const engines: FileEngine[] = []
  const engine = (compact = true): FileEngine => {
    const made = fileEngine(directory, { compact })
    engines.push(made)
    return made
  }
  const file = (): string => join(directory, 'store.log')
  const open = async (snapshotEvery = 1000) => {
    const files = engine()
    const store = createStore({ initial: 0, journal: { engine: files, snapshotEvery } })
    await store.ready
    return { store, files, cell: store.cell<number>('n') }
  }

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-'))))
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((one) => one.close()))
    rmSync(directory, { recursive: true })
  })

  it('keeps values that JSON would not', async () => {
    const { store, files } = await open()
    const value = { map: new Map([[1, new Set(['a'])]]), at: new Date(5), big: 2n ** 70n, nothing: undefined }
    await store.cell('any').compareAndSet(0, value)
    await files.close()
    const again = await open()
    expect(Object.entries(again.store.get<object>('any')).map(([key, one]) => [key, String(one)])).toEqual(
      Object.entries(value).map(([key, one]) => [key, String(one)]),
    )
  })

  it('cut anywhere, has all commits that were whole before it, and goes on from there', async () => {
    const { cell, files } = await open()
    const ends = [8]
    for (let i = 0; i < 2; i++) {
      await cell.update((n) => n + 1)
      ends.push(statSync(file()).size)
    }
    await files.close()
    const whole = readFileSync(file())
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (let length = 8; length <= whole.length; length += length < 10 ? 1 : 13) {
      writeFileSync(file(), whole.subarray(0, length))
      const expected = ends.filter((end) => end <= length).length - 1
      const { cell: again, files: reopened } = await open()
      expect([length, again.value, again.version]).toEqual([length, Math.max(expected, 0), Math.max(expected, 0)])
      await again.update((n) => n + 10)
      await reopened.close()
      const { cell: third, files: last } = await open()
      expect(third.value).toBe(Math.max(expected, 0) + 10)
      await last.close()
    }
    expect(warn).toHaveBeenCalled()
    warn.mockRestore()
  })

  it('takes room that was made and not written to for a torn end', async () => {
    const { cell, files } = await open()
    await cell.update((n) => n + 1)
    await files.close()
    appendFileSync(file(), Buffer.alloc(5000))
    expect((await open()).cell.value).toBe(1)
  })

  it('does not cut a file that is damaged in the middle, and says where', async () => {
    const { cell, files } = await open()
    await cell.update((n) => n + 1)
    const second = statSync(file()).size
    for (let i = 0; i < 3; i++) await cell.update((n) => n + 1)
    await files.close()
    const bytes = readFileSync(file())
    bytes[second + 20] = (bytes[second + 20] as number) ^ 1
    writeFileSync(file(), bytes)
    const broken = createStore({ journal: { engine: engine() } })
    await expect(broken.ready).rejects.toThrow(`damaged at byte ${second}`)
    expect(readFileSync(file()).equals(bytes)).toBe(true)
    writeFileSync(file(), 'something else altogether')
    await expect(createStore({ journal: { engine: engine() } }).ready).rejects.toThrow('damaged at byte 0')
  })

  it('drops what a snapshot makes unnecessary, and is the same after any number of them', async () => {
    let { cell, files } = await open(10)
    let largest = 0
    for (let i = 0; i < 200; i++) {
      await cell.update((n) => n + 1)
      largest = Math.max(largest, statSync(file()).size)
      if (i % 60 !== 59) continue
      await files.close()
      ;({ cell, files } = await open(10))
      expect(cell).toMatchObject({ value: i + 1, version: i + 1 })
    }
    expect(largest).toBeLessThan(10_000)
    expect(cell.value).toBe(200)
  })

  it('writes together what comes together, and acknowledges each', async () => {
    const { store, files } = await open()
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.cell<number>(i).update((n) => n + i)))
    await files.close()
    const again = await open()
    expect(Array.from({ length: 100 }, (_, i) => again.store.get(i))).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  describe('after it was closed', () => {
    const record = { key: 'store', sequenceNumber: 1, data: {}, createdAt: 0, tags: [], isDeleted: false }
    const openFiles = (): string[] =>
      readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          const path = readlinkSync(`/proc/self/fd/${fd}`)
          return path.startsWith(directory) ? [path] : []
        } catch {
          return []
        }
      })
    const onLinux = process.platform === 'linux' ? it : it.skip

    it.each<[string, (files: FileEngine) => Promise<unknown>]>([
      ['a write', (files) => files.persist(record)],
      ['a snapshot', (files) => files.takeSnapshot(record)],
      ['a read', (files) => Promise.resolve(files.events('store', 0, Infinity, []) as unknown as Promise<unknown>)],
      ['a look for a snapshot', (files) => files.latestSnapshot('store')],
    ])('refuses %s, and says what to do', async (_, use) => {
      const files = engine()
      await files.persist(record)
      await files.close()
      await expect(use(files)).rejects.toThrow(
        `The file engine of "${directory}" was closed by its "close()", so nothing was read or written for key "store". ` +
          'Close it after everything that uses it has stopped',
      )
    })

    onLinux('has no file open, whatever was under way', async () => {
      const files = engine()
      await files.persist(record)
      const under = [
        files.takeSnapshot(record),
        files.persist({ ...record, sequenceNumber: 2 }),
        files.persist({ ...record, key: 'another' }),
      ]
      const closed = files.close()
      const after = Promise.allSettled([files.takeSnapshot(record), files.persist({ ...record, key: 'third' })])
      await closed
      await Promise.allSettled([...under, after, files.takeSnapshot(record)])
      expect(openFiles()).toEqual([])
    })

    it('does not touch the files of the engine that has them now', async () => {
      const { cell, files } = await open(2)
      await cell.update((n) => n + 1)
      const last = Promise.resolve(cell.update((n) => n + 1)).catch(() => undefined)
      await files.close()
      await last
      const next = await open()
      for (let n = 0; n < 5; n++) await next.cell.update((value) => value + 1)
      await files.takeSnapshot(record).catch(() => undefined)
      await next.files.close()
      const known = next.cell.value
      const third = await open()
      expect(third.cell.value).toBe(known)
    })
  })

  it('refuses writes after it was closed', async () => {
    const { cell, files } = await open()
    await cell.update((n) => n + 1)
    await files.close()
    await expect(cell.update((n) => n + 1)).rejects.toThrow('so nothing was read or written')
    await expect(cell.update((n) => n + 1)).rejects.toMatchObject({ keys: ['n'], mayBeCommitted: false })
    expect(cell).toMatchObject({ value: 1, version: 1 })
    truncateSync(file(), 0)
  })

  it('says of a commit whether a broken disk may have kept it', async () => {
    const { cell, files } = await open()
    await cell.update((n) => n + 1)
    const handle = await openFile(file())
    const broken = jest.spyOn(Object.getPrototypeOf(handle), 'datasync').mockRejectedValueOnce(new Error('EIO'))
    await handle.close()
    const undone = cell.update((n) => n + 1)
    await expect(undone).rejects.toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED', mayBeCommitted: false })
    expect(await cell.update((n) => n + 1)).toBe(2)
    broken.mockRejectedValue(new Error('EIO'))
    // Neither written nor undone.
    await expect(cell.update((n) => n + 1)).rejects.toMatchObject({ mayBeCommitted: true })
    broken.mockRestore()
    // Nothing may stand behind the rest of a frame.
    await expect(cell.update((n) => n + 1)).rejects.toMatchObject({ mayBeCommitted: false })
    expect(cell).toMatchObject({ value: 2, version: 2 })
    await files.close()
  })

  it.each(['sync', 'writeFile'] as const)(
    'leaves no half-written file behind if a snapshot cannot be written: its "%s" fails',
    async (step) => {
      const errors: unknown[] = []
      const files = engine()
      const journal = { engine: files, snapshotEvery: 1, onSnapshotError: (error: unknown) => void errors.push(error) }
      const store = createStore({ initial: 0, journal })
      await store.ready
      const handle = await openFile(file())
      const full = jest.spyOn(Object.getPrototypeOf(handle), step).mockRejectedValue(new Error('ENOSPC'))
      await handle.close()
      await store.cell<number>('n').update((n) => n + 1)
      await files.close()
      full.mockRestore()
      expect(errors).toEqual([new Error('ENOSPC')])
      expect(readdirSync(directory)).toEqual(['store.log'])
      expect((await open()).cell.value).toBe(1)
    },
  )

  it("serves nact's own persistent actors", async () => {
    const life = async (messages: number[]): Promise<unknown> => {
      const files = engine(false)
      const system = start(configurePersistence(files)) as Ref<never>
      const actor = spawnPersistent(
        system,
        async (state: number, message: number, ctx) => {
          const { sender, recovering } = ctx as unknown as { sender: Ref<never>; recovering?: boolean }
          if (recovering !== true)
            await (ctx as unknown as { persist(message: number): Promise<void> }).persist(message)
          if (recovering !== true) dispatch(sender, (state + message) as never)
          return state + message
        },
        'adder',
        'adder',
        { initialState: 0, snapshotEvery: 2 },
      )
      let answer: unknown
      for (const message of messages) answer = await query(actor as Ref<never>, message as never, 5000)
      stop(system)
      await files.close()
      return answer
    }
    expect(await life([1, 2, 3])).toBe(6)
    expect(await life([10])).toBe(16)
  })
})
