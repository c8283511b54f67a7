import { createStore, fileEngine, JournalError } from '@genpool/state-ane'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The values of the two cells after a commit. */
type Pair = readonly [a: number, b: number]

export type File = 'store.log' | 'store.snapshot'

export interface MadeJournal {
  readonly directory: string
  /** What the store had, from the start to the end. */
  readonly history: readonly Pair[]
  readonly last: Pair
}

/** A journal of two cells, of which one stops early, so that the other alone is in later records. */
export async function makeJournal(options: {
  readonly snapshotEvery: number
  readonly compact: boolean
}): Promise<MadeJournal> {
  const directory = mkdtempSync(join(tmpdir(), 'genpool-damage-'))
  const engine = fileEngine(directory, { compact: options.compact })
  const store = createStore({ initial: 0, journal: { engine, snapshotEvery: options.snapshotEvery } })
  await store.ready
  const history: Pair[] = [[0, 0]]
  for (let i = 0; i < 9; i++) {
    await store.cell<number>(i % 2 === 0 || i > 4 ? 'a' : 'b').update((n) => n + 1)
    history.push([store.get<number>('a'), store.get<number>('b')])
  }
  await engine.close()
  return { directory, history, last: history.at(-1) as Pair }
}

/** What a start of a damaged journal led to. */
export interface Opened {
  readonly pair: Pair | undefined
  readonly error: Error | undefined
  readonly warnings: readonly string[]
}

export async function open(directory: string): Promise<Opened> {
  const warnings: string[] = []
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)))
  const engine = fileEngine(directory)
  const store = createStore({ initial: 0, journal: { engine } })
  try {
    await store.ready
    return { pair: [store.get<number>('a'), store.get<number>('b')], error: undefined, warnings }
  } catch (error) {
    return { pair: undefined, error: error as Error, warnings }
  } finally {
    await engine.close()
    warn.mockRestore()
  }
}

/** A copy of a journal that may be damaged. */
export class Copy {
  readonly directory = mkdtempSync(join(tmpdir(), 'genpool-damaged-'))

  constructor(readonly journal: MadeJournal) {
    this.restore()
  }

  path(file: string): string {
    return join(this.directory, file)
  }

  change(file: File, by: (bytes: Buffer) => Buffer): void {
    writeFileSync(this.path(file), by(readFileSync(this.path(file))))
  }

  /** Puts all files back from the backup. */
  restore(): void {
    for (const file of ['store.log', 'store.snapshot']) {
      rmSync(this.path(file), { force: true, recursive: true })
      if (existsSync(join(this.journal.directory, file))) cpSync(join(this.journal.directory, file), this.path(file))
    }
  }

  remove(): void {
    rmSync(this.directory, { force: true, recursive: true })
  }

  /** Starts it, and does what each error says to do, until it has started. */
  async follow(): Promise<{ readonly errors: readonly JournalError[]; readonly opened: Opened }> {
    const errors: JournalError[] = []
    for (;;) {
      const opened = await open(this.directory)
      if (opened.error === undefined) return { errors, opened }
      expect(opened.error).toBeInstanceOf(JournalError)
      errors.push(opened.error as JournalError)
      if (errors.length > 2) throw new Error(errors.map(({ message }) => message).join('\n'))
      for (const command of commandsIn(opened.error.message)) execFileSync('sh', ['-c', command], { stdio: 'pipe' })
    }
  }
}

/** What an error says to run in a shell. */
export function commandsIn(message: string): string[] {
  const commands = [...message.matchAll(/`([^`]+)`/g)].map(([, command]) => command as string)
  if (commands.length === 0) throw new Error(`no command: ${message}`)
  return commands
}
