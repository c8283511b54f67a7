import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type AsyncStore, createStore, fileEngine, type FileEngine, LockedError } from '@genpool/state-ane'
import { Transpiled } from './transpiled'

let directory: string
const engines: FileEngine[] = []
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-lock-'))))
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()))
  rmSync(directory, { recursive: true })
})

const storeOn = (engine: FileEngine, key?: string): AsyncStore =>
  createStore({ initial: 0, journal: { engine, ...(key === undefined ? {} : { key }) } })
const engine = (): FileEngine => {
  const made = fileEngine(directory)
  engines.push(made)
  return made
}
const opened = async (key?: string): Promise<AsyncStore> => {
  const store = storeOn(engine(), key)
  await store.ready
  return store
}
const refusal = async (key?: string): Promise<LockedError> =>
  opened(key).then(
    () => {
      throw new Error('it was opened')
    },
    (error: unknown) => error as LockedError,
  )
const lock = (): string => join(directory, 'store.lock')
/** Leaves a lock as a process leaves it that was killed. */
const leaveLock = (name: string): void => {
  mkdirSync(lock())
  writeFileSync(join(lock(), name), '')
}

describe('two engines of one process', () => {
  it('cannot use one journal: the second is told the pid, and the first goes on', async () => {
    const first = await opened()
    await first.cell<number>('n').update((n) => n + 1)
    const error = await refusal()
    expect(error).toBeInstanceOf(LockedError)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_LOCKED', pid: process.pid, host: hostname(), path: lock() })
    expect(error.message).toContain(`is in use by another engine of this process (pid ${process.pid})`)
    expect(error.message).toContain('close()')
    expect(await first.cell<number>('n').update((n) => n + 1)).toBe(2)
  })

  it('are told so in a text that is safe to print, whatever the key of the journal and the names of folders are', async () => {
    await opened('a\u001b[2Jb')
    const { message } = await refusal('a\u001b[2Jb')
    expect(message).toContain('The journal "a\\u001b[2Jb" in ')
    expect(message).not.toContain('\u001b')
    const made = new LockedError('/tmp/x\u0007\n/store.lock', 7, 'far\u202eaway')
    expect(made.message).not.toMatch(/[\u0007\n\u202e]/)
    expect(made).toMatchObject({ path: '/tmp/x\u0007\n/store.lock', host: 'far\u202eaway' })
  })

  it('that start at the same moment: one of them has it', async () => {
    const stores = [1, 2, 3].map(() => storeOn(engine()))
    const results = await Promise.allSettled(stores.map(({ ready }) => ready))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
  })

  it('may use two journals in one directory', async () => {
    await opened('a')
    await opened('b')
    expect(await refusal('a')).toBeInstanceOf(LockedError)
  })

  it('may follow each other: close() ends the lock, and leaves nothing of it', async () => {
    const first = engine()
    const store = storeOn(first)
    await store.cell<number>('n').update((n) => n + 1)
    const second = engine()
    await expect(storeOn(second).ready).rejects.toBeInstanceOf(LockedError)
    await first.close()
    expect(existsSync(lock())).toBe(false)
    // The same engine that was refused.
    const again = storeOn(second)
    await again.ready
    expect(again.get('n')).toBe(1)
  })

  it('leave no lock if the file is damaged, or if the engine was closed before', async () => {
    writeFileSync(join(directory, 'store.log'), 'something else altogether')
    await expect(opened()).rejects.toThrow('damaged at byte 0')
    await expect(opened()).rejects.toThrow('damaged at byte 0')
    const closed = engine()
    await closed.close()
    await expect(storeOn(closed, 'other').ready).rejects.toThrow('was closed')
    expect(readdirSync(directory)).toEqual(['store.log'])
  })
})

describe('a lock that was left', () => {
  const here = encodeURIComponent(hostname())

  it('by a process of another host is not taken over, and the error says what to remove', async () => {
    leaveLock('17.123-abc.0f.elsewhere.example')
    const error = await refusal()
    expect(error).toMatchObject({ pid: 17, host: 'elsewhere.example' })
    expect(error.message).toContain('another process (pid 17 on host "elsewhere.example")')
    expect(error.message).toContain(`remove the directory "${lock()}"`)
    rmSync(lock(), { recursive: true })
    await opened()
  })

  const onLinux = process.platform === 'linux' ? it : it.skip
  onLinux('by a process whose number is used again is taken over, also if that is this one', async () => {
    for (const pid of [process.pid, process.ppid]) {
      leaveLock(`${pid}.1-another.0f.${here}`)
      const files = engine()
      await storeOn(files).ready
      expect(readdirSync(lock())).toHaveLength(1)
      await files.close()
    }
  })

  it('of a host that does not tell when a process started counts as long as its number is in use', async () => {
    leaveLock(`${process.ppid}..0f.${here}`)
    expect(await refusal()).toMatchObject({ pid: process.ppid })
  })
})

describe('two processes', () => {
  let programs: string
  let program: Transpiled
  const children: ChildProcess[] = []
  beforeAll(() => {
    programs = mkdtempSync(join(tmpdir(), 'genpool-lock-program-'))
    program = new Transpiled(programs, 'lock-child.ts')
  })
  afterEach(() => void children.splice(0).map((child) => child.kill('SIGKILL')))
  afterAll(() => rmSync(programs, { recursive: true }))

  /** Starts a process on the journal, and waits for what it tells. */
  const start = async (how = 'stays') => {
    const child = program.run(directory, how)
    children.push(child)
    const exit = once(child, 'exit')
    const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string]
    return { child, exit, told: JSON.parse(line) as { value?: number; name?: string; pid?: number } }
  }

  it('cannot use one journal: the second is told the pid of the first, and changes nothing', async () => {
    const { child, told } = await start()
    expect(told).toEqual({ value: 1 })
    const before = readFileSync(join(directory, 'store.log'))
    const error = await refusal()
    expect(error).toMatchObject({ name: 'LockedError', pid: child.pid })
    expect(error.message).toContain(`another process (pid ${child.pid})`)
    expect(readFileSync(join(directory, 'store.log')).equals(before)).toBe(true)
    expect((await start()).told).toEqual({ name: 'LockedError', pid: child.pid })
  })

  it('may follow each other: the lock of one that was killed with SIGKILL is taken over', async () => {
    const first = await start()
    first.child.kill('SIGKILL')
    await first.exit
    expect(readdirSync(lock())).toHaveLength(1)
    const store = await opened()
    expect(store.get('n')).toBe(1)
    expect(readdirSync(lock())).toHaveLength(1)
    expect((await start()).told).toEqual({ name: 'LockedError', pid: process.pid })
  })

  it('may follow each other: so is the lock of one that ended without close()', async () => {
    for (let life = 1; life <= 2; life++) {
      const { told, exit } = await start('ends')
      await exit
      expect(told).toEqual({ value: life })
    }
  })

  it('that find the lock of a dead one at the same moment never both have it', async () => {
    const first = await start('ends')
    await first.exit
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all([1, 2, 3, 4].map(() => start()))
      expect(all.filter(({ told }) => told.value !== undefined).length).toBeLessThanOrEqual(1)
      for (const { child } of all) child.kill('SIGKILL')
      await Promise.all(all.map(({ exit }) => exit))
    }
  })
})
