import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createStore, fileEngine } from '@genpool/state-ane'
import { commandsIn, Copy, type MadeJournal, makeJournal, open } from './damaged-journal'

let made: MadeJournal
const copies: Copy[] = []
const aCopy = (): Copy => {
  const copy = new Copy(made)
  copies.push(copy)
  return copy
}
beforeAll(async () => (made = await makeJournal({ snapshotEvery: 7, compact: true })))
afterEach(() => copies.splice(0).forEach((copy) => copy.remove()))
afterAll(() => rmSync(made.directory, { recursive: true }))

describe('a directory', () => {
  const opening = async (directory: string): Promise<Error | undefined> => (await open(directory)).error

  it('that is a file is refused, with its name, and works when the file was moved away', async () => {
    for (const below of ['', 'a', 'a/b']) {
      const copy = aCopy()
      const file = copy.path('a-file')
      writeFileSync(file, 'hello')
      const error = await opening(join(file, below))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL', path: file })
      expect(error?.message).toContain(`"${file}" is a file, and not a directory`)
      expect(readFileSync(file, 'utf8')).toBe('hello')
      const [command] = commandsIn(error?.message as string)
      expect(command).toBe(`mv '${file}' '${file}.damaged'`)
      renameSync(file, `${file}.damaged`)
      expect(await opening(join(file, below))).toBeUndefined()
    }
  })

  const onLinux = process.platform === 'linux' ? it : it.skip

  onLinux.each(['/proc/genpool', '/proc/self/fd/genpool/below'])(
    'that the system does not make is refused, and close() ends: %s',
    async (directory) => {
      expect(await opening(directory)).toMatchObject({
        code: 'ERR_GENPOOL_JOURNAL',
        message: expect.stringMatching(/ENOENT.*mkdir '\/proc\/.*Nothing is lost/) as string,
      })
    },
  )

  it('that is not there is made, also for many engines at once that share what is above', async () => {
    const copy = aCopy()
    const engines = Array.from({ length: 20 }, (_, i) => fileEngine(copy.path(`a/b/${i % 5}/${i}`)))
    await Promise.all(engines.map((engine) => createStore({ journal: { engine } }).ready))
    await Promise.all(engines.map((engine) => engine.close()))
    expect(readdirSync(copy.path('a/b/3'))).toEqual(['13', '18', '3', '8'])
  })

  it('behind a link that leads nowhere is refused, and is made with those above it where nothing is', async () => {
    const copy = aCopy()
    symlinkSync(copy.path('nowhere'), copy.path('link'))
    for (const directory of ['link', 'link/below']) {
      expect(await opening(copy.path(directory))).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL' })
    }
    mkdirSync(copy.path('nowhere'))
    for (const directory of ['link', 'link/below', 'a/b/c']) {
      expect(await opening(copy.path(directory))).toBeUndefined()
    }
    expect(readdirSync(copy.path('a/b/c'))).toEqual(['store.log'])
  })

  it('whose lock is a file is refused, and works when the file was moved away', async () => {
    const copy = aCopy()
    writeFileSync(copy.path('store.lock'), '')
    const { errors, opened } = await copy.follow()
    expect(errors[0]).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL', path: copy.path('store.lock') })
    expect(opened.pair).toEqual(copy.journal.last)
  })

  it.each(['.DS_Store', 'notes.a.b.c', '12.old'])(
    'whose lock has a file of another program is refused, and works when it was moved away: %s',
    async (name) => {
      const copy = aCopy()
      mkdirSync(copy.path('store.lock'))
      writeFileSync(copy.path(`store.lock/${name}`), 'mine')
      const { errors, opened } = await copy.follow()
      expect(errors).toMatchObject([{ code: 'ERR_GENPOOL_JOURNAL', path: copy.path(`store.lock/${name}`) }])
      expect(errors[0]?.message).toContain(`has a file that no engine has made: "${name}"`)
      expect(readFileSync(copy.path(`store.lock-${name}`), 'utf8')).toBe('mine')
      expect(opened.pair).toEqual(copy.journal.last)
    },
  )

  it('with a quote in its name has commands that work', async () => {
    const copy = aCopy()
    const directory = copy.path("it's here")
    mkdirSync(directory)
    copyFileSync(copy.path('store.log'), join(directory, 'store.log'))
    truncateSync(join(directory, 'store.log'), 3)
    const quoted = Object.assign(Object.create(copy) as Copy, { directory })
    expect((await quoted.follow()).errors).toHaveLength(1)
  })
})

const asRoot = process.platform === 'linux' && process.getuid?.() === 0

describe('a process without permission', () => {
  /** As another user, if this one is root, to whom nothing is forbidden. */
  const asNobody = async <T>(run: () => Promise<T>): Promise<T> => {
    if (asRoot) process.seteuid?.(65534)
    try {
      return await run()
    } finally {
      if (asRoot) process.seteuid?.(0)
    }
  }

  it.each<[string, number, number, number]>([
    ['the directory', 0o000, 0o666, 0o666],
    ['writing to the directory', 0o555, 0o666, 0o666],
    ['the log', 0o777, 0o000, 0o666],
    ['writing to the log', 0o777, 0o444, 0o666],
    ['the snapshot', 0o777, 0o666, 0o000],
  ])('to use %s is told so, and what to allow', async (_name, directory, log, snapshot) => {
    const copy = aCopy()
    const allow = (modes: readonly number[]): void => {
      chmodSync(copy.path('store.log'), modes[1] as number)
      chmodSync(copy.path('store.snapshot'), modes[2] as number)
      chmodSync(copy.directory, modes[0] as number)
    }
    allow([directory, log, snapshot])
    const { error } = await asNobody(() => open(copy.directory))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL' })
    expect(error?.message).toMatch(
      /permission denied.*Nothing is lost\. Allow the user of this process to read and write the directory/,
    )
    expect(error?.message).toContain(copy.directory)
    allow([0o777, 0o666, 0o666])
    expect((await asNobody(() => open(copy.directory))).pair).toEqual(copy.journal.last)
  })
})
