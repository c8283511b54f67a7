import { letGo, NS_PER_MS, showValue } from '@genpool/runtime'
import { type Arrival, type CellKey, InvalidError, type Kept, type Mirror } from '@genpool/state-ane'
import type { KvEntry } from '@nats-io/kv'
import { mayPass } from '../patience'
import type { Bucket, Expected } from './bucket'
import type { Connected } from './connected'
import { BadContent, type Content, decodeContent, EMPTY, ForeignEntry, RefusedValue } from './content'
import { Entry } from './entry'
import { entryName } from './entry-names'
import { Follower } from './follower'
import { goesOn, OtherHistory } from './histories'
import type { StoreEvents } from './store-events'
import type { CheckedStoreOptions } from './store-options'

/** How long it waits before it asks again. */
const PAUSE_MS = 50

const ADVICE = 'Call restore() to write the last good values back'

interface ReplicaParts {
  readonly bucket: Bucket
  readonly connected: Connected
  readonly events: StoreEvents
  /** Another revision of an entry is known. */
  saw(entry: Entry): void
}

/** The entries of the bucket as they are known here. What arrives is told to the store. */
export class Replica {
  readonly #follower: Follower
  readonly #entries = new Map<string, Entry>()
  #ended = false
  private readonly bucket: Bucket
  private readonly connected: Connected

  constructor(
    private readonly mirror: Mirror,
    private readonly parts: ReplicaParts,
    private readonly options: CheckedStoreOptions,
  ) {
    this.bucket = parts.bucket
    this.connected = parts.connected
    this.#follower = new Follower(parts.bucket, {
      clock: options.clock,
      everyMs: options.every,
      arrived: (found) => this.#arrived(found),
      replaced: () => this.#replaced(),
    })
  }

  /** Resolves when the last revision of each entry is known. */
  start(): Promise<void> {
    return this.#follower.start()
  }

  /** Follows the bucket anew: the watch may be dead. */
  restart(): void {
    this.#follower.restart()
  }

  end(): void {
    this.#ended = true
    this.#follower.end()
    this.wake()
  }

  /** Whoever waits for a change looks again whether to wait. */
  wake(): void {
    for (const entry of this.#entries.values()) entry.wake()
  }

  /** All entries, also those of which no cell is used here. */
  all(): readonly Entry[] {
    for (const entry of this.#entries.values()) this.#use(entry)
    return [...this.#entries.values()]
  }

  /** @throws the fault of its entry if nothing good is known of it */
  known(entry: Entry, key: CellKey): Kept | undefined {
    this.#use(entry)
    const kept = entry.content.cells.get(key)
    if (kept === undefined && entry.fault !== undefined) throw entry.fault
    return kept
  }

  entryOf(key: CellKey): Entry {
    return this.#entryNamed(this.nameOf(key))
  }

  nameOf(key: CellKey): string {
    const { entry } = this.options
    if (entry === 'cell') return entryName(key)
    return entryName(entry === 'store' ? 'store' : checkedName(entry(key), key))
  }

  /** This process has written a revision. */
  wrote(entry: Entry, revision: number, content: Content): void {
    // In a bucket of several servers only the watch says up to where all entries are known.
    if (!this.bucket.isReplicated) this.#follower.saw(revision)
    entry.take({ revision, content }, this.options.clock.now())
    this.parts.saw(entry)
  }

  /** Tells the store what an entry says. @throws {RefusedValue} if that is refused here; it is the fault of the entry then */
  show(entry: Entry): void {
    try {
      this.#tell(entry, arrivalsOf(entry.content))
    } catch (error) {
      entry.fail(entry.revision, error as Error)
      throw error
    }
  }

  /** What the next write of the entry expects. */
  expected({ revision, knownUpTo }: Entry): Expected {
    const last = this.bucket.isReplicated ? Math.max(knownUpTo, this.#follower.seen) : undefined
    return { revision, last }
  }

  /** A write has found another revision than it expected. `last`: up to where the entry is known by that. */
  found(entry: Entry, { found, last }: { readonly found: KvEntry | null; readonly last: number }): void {
    // An older one is of another bucket, or of a backup.
    if ((found?.revision ?? 0) < entry.revision) void this.#follower.isSame().catch(() => undefined)
    this.#take(entry, found)
    entry.knownUpTo = Math.max(entry.knownUpTo, last)
  }

  /** Asks the server for the last revision, and takes it over. */
  async look(entry: Entry): Promise<void> {
    const before = entry.revision
    const found = await this.#last(entry)
    const revision = found?.revision ?? 0
    if (revision < before) await this.#follower.isSame()
    await new Promise<void>((resolve) => {
      entry.whenIdle(() => {
        const mayBeGone = before > 0 || (entry.content === EMPTY && entry.fault !== undefined)
        const isDeleted = found === null && mayBeGone && entry.revision === before
        const isNews = revision > entry.revision || (revision === entry.revision && entry.fault !== undefined)
        if (isDeleted || (found !== null && isNews)) this.#take(entry, found)
        resolve()
      })
    })
  }

  /** Looks again whether an entry with a fault is well by now. @throws its fault if it is not */
  async mustBeWell(entry: Entry): Promise<void> {
    if (entry.fault === undefined) return
    await this.look(entry)
    if (entry.fault !== undefined) throw entry.fault
  }

  /** @throws {Error} that says what is wrong with it, and what to do */
  read(entry: Entry, found: KvEntry | null): Content {
    const where = `entry "${entry.name}" of bucket "${this.bucket.name}"`
    if (found === null || found.operation !== 'PUT') {
      // Whoever has known no value begins anew.
      if (entry.content === EMPTY) return EMPTY
      throw new Error(`${where} was deleted. ${ADVICE}`)
    }
    const content = this.#decoded(where, found, entry.content === EMPTY)
    if (!goesOn(entry.content, content)) throw new OtherHistory(where, entry.content, content)
    return content
  }

  #decoded(where: string, found: KvEntry, isUnknown: boolean): Content {
    try {
      return decodeContent(this.options.codec, found.value)
    } catch (error) {
      if (!(error instanceof BadContent)) throw error
      const what = `revision ${found.revision} of ${where} is none of a store: ${error.message}`
      throw isUnknown ? new ForeignEntry(what, error) : new Error(`${what}. ${ADVICE}`, { cause: error })
    }
  }

  /** Asks for the last revision while the bucket is not available, as long as a write is tried. */
  async #last(entry: Entry): Promise<KvEntry | null> {
    const { clock, timeout } = this.options
    const end = clock.now() + timeout * NS_PER_MS
    for (;;) {
      try {
        return await this.connected.ask(() => this.bucket.last(entry.name), end)
      } catch (error) {
        const at = clock.now() + PAUSE_MS * NS_PER_MS
        if (!mayPass(error) || at >= end) throw error
        await new Promise<void>((resolve) => void clock.setTimer(at, resolve))
      }
    }
  }

  #arrived(found: KvEntry): void {
    const entry = this.#entryNamed(found.key)
    entry.whenIdle(() => {
      if (found.revision > entry.revision) this.#take(entry, found)
    })
  }

  /** From now on its values are decoded, and told to the store. */
  #use(entry: Entry): void {
    if (entry.isUsed) return
    const { unread } = entry
    entry.isUsed = true
    entry.unread = undefined
    if (unread !== undefined) this.#take(entry, unread)
  }

  #take(entry: Entry, found: KvEntry | null): void {
    if (this.#ended) return
    // What was there before must be known if somebody deletes it.
    if (found?.operation !== 'PUT') this.#use(entry)
    if (!entry.isUsed) return entry.keep(found as KvEntry)
    try {
      const content = this.read(entry, found)
      this.#tell(entry, arrivalsOf(content))
      entry.take({ revision: found?.revision ?? 0, content }, this.options.clock.now())
      this.parts.saw(entry)
    } catch (error) {
      entry.fail(found?.revision ?? 0, error as Error)
    }
  }

  /** @throws {RefusedValue} if one of the values is refused here; nothing is changed */
  #tell(entry: Entry, arrivals: readonly Arrival[]): void {
    try {
      this.mirror.arrive(arrivals)
    } catch (error) {
      throw new RefusedValue(`entry "${entry.name}" of bucket "${this.bucket.name}"`, error)
    }
  }

  /** The bucket was made again: nothing of it is known. */
  #replaced(): void {
    const fault = new Error(`bucket "${this.bucket.name}" was deleted and made again. ${ADVICE}`)
    for (const entry of this.all())
      entry.whenIdle(() => {
        entry.knownUpTo = 0
        if (entry.revision > 0) entry.fail(0, entry.fault ?? fault)
      })
  }

  #entryNamed(name: string): Entry {
    let entry = this.#entries.get(name)
    if (entry === undefined) this.#entries.set(name, (entry = new Entry(name, this.parts.events)))
    return entry
  }
}

/** What the user's function has returned: all that is no name would be one entry. */
function checkedName(name: unknown, key: CellKey): string {
  if (typeof name === 'string') return name
  letGo(name)
  const message = `the option "entry" of natsStore returned ${showValue(name)} for the cell "${key}": expected the name of an entry, a string`
  throw new InvalidError('use of a cell', [{ path: [], message }])
}

function arrivalsOf({ cells }: Content): Arrival[] {
  return [...cells].map(([key, kept]) => ({ key, ...kept }))
}
