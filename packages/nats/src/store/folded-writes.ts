import type { Batch, CellKey, Lease } from '@genpool/state-ane'
import type { Content } from './content'
import type { Entry } from './entry'
import { EntryTooLarge } from './sizes'

/** Commits to some cells of an entry. Those of one process never share a cell: each holds its own. */
export interface Write {
  readonly batch: Batch
  readonly put: () => void
  readonly lease: Lease | undefined
}

/** What folding needs. */
export interface FoldedWritesPorts {
  /** @throws if nothing can be written to the entry */
  mustBeWell(entry: Entry): Promise<void>
  /** Whether commits may be written now: nobody else came first, or holds a cell. */
  mayWrite(entry: Entry, write: Write): boolean
  /** Asks the server whether what is known here is the latest. */
  isLatest(entry: Entry): Promise<boolean>
  /** Writes an entry. Returns false if somebody else came first. @throws {EntryTooLarge} and others */
  write(entry: Entry, content: Content, put: () => void): Promise<boolean>
}

interface Waiting extends Write {
  readonly resolve: (isWritten: boolean) => void
  readonly reject: (error: unknown) => void
}

/** Writes the commits that wait for one entry together, whatever cells they change: one compare-and-set for all of them. */
export class FoldedWrites {
  readonly #waiting = new Map<Entry, Waiting[]>()

  constructor(private readonly ports: FoldedWritesPorts) {}

  /** Resolves with false if somebody else came first. */
  write(entry: Entry, write: Write): Promise<boolean> {
    return new Promise((resolve, reject) => this.#add(entry, { ...write, resolve, reject }))
  }

  #add(entry: Entry, one: Waiting): void {
    const waiting = this.#waiting.get(entry)
    if (waiting !== undefined) return void waiting.push(one)
    this.#waiting.set(entry, [one])
    void entry.inTurn(() => this.#writeWaiting(entry))
  }

  async #writeWaiting(entry: Entry): Promise<void> {
    const all = this.#waiting.get(entry) ?? []
    this.#waiting.delete(entry)
    const [now, later] = apart(all)
    for (const one of later) this.#add(entry, one)
    await this.#writeAll(entry, now)
  }

  async #writeAll(entry: Entry, all: readonly Waiting[]): Promise<void> {
    try {
      await this.ports.mustBeWell(entry)
      // Nothing may wait between here and the write: what arrives meanwhile would be overwritten.
      const allowed = all.filter((one) => this.ports.mayWrite(entry, one))
      for (const one of all) if (!allowed.includes(one)) one.resolve(false)
      const isWritten = await this.#fold(entry, allowed)
      for (const { resolve } of allowed) resolve(isWritten)
    } catch (error) {
      if (error instanceof EntryTooLarge && all.length > 1) return this.#oneByOne(entry, all)
      const changes = all.filter(isChange)
      for (const { reject } of changes.length > 0 ? changes : all) reject(error)
      // What changes nothing need not fail with what could not be written.
      if (changes.length > 0 && changes.length < all.length)
        await this.#writeAll(
          entry,
          all.filter((one) => !isChange(one)),
        )
    }
  }

  #fold(entry: Entry, writes: readonly Write[]): Promise<boolean> {
    const changes = writes.filter(isChange)
    if (changes.length === 0) return writes.length === 0 ? Promise.resolve(true) : this.ports.isLatest(entry)
    const content = changes.reduce(after, entry.content)
    // Commits that change nothing have seen the same entry: if that is written, it was the latest.
    return this.ports.write(entry, content, () => {
      for (const { put } of changes) put()
    })
  }

  /** Together they are too large: those fail that do not fit. */
  async #oneByOne(entry: Entry, all: readonly Waiting[]): Promise<void> {
    for (const one of all) await this.#writeAll(entry, [one])
  }
}

function isChange({ batch }: Write): boolean {
  return batch.commits.length > 0
}

/** Those that can be written together, and those that change a cell again. */
function apart(all: readonly Waiting[]): [now: Waiting[], later: Waiting[]] {
  const cells = new Set<CellKey>()
  const now: Waiting[] = []
  const later: Waiting[] = []
  for (const one of all) {
    const keys = one.batch.cells.map(({ key }) => key)
    if (keys.some((key) => cells.has(key))) later.push(one)
    else now.push(one)
    for (const key of keys) cells.add(key)
  }
  return [now, later]
}

/** What the entry says after these commits. */
function after(content: Content, { batch, lease }: Write): Content {
  const values = new Map(content.cells)
  const leases = new Map(content.leases)
  for (const { key, version, value } of batch.cells) {
    values.set(key, { version, value })
    // One that has ended is removed: what its holder still writes is refused.
    if (lease === undefined) leases.delete(key)
  }
  return { ...content, cells: values, leases }
}
