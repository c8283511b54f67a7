import { NS_PER_MS, UnreachableError } from '@genpool/runtime'
import {
  type Arrival,
  type Backing,
  type Batch,
  type CellKey,
  InvalidError,
  type Kept,
  type Lease,
  type Mirror,
  NotCommittedError,
  UnknownWrite,
} from '@genpool/state-ane'
import type { KvEntry } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { nuid } from '@nats-io/transport-node'
import { Bucket } from './bucket'
import { Connected } from './connected'
import { BadContent, type Content, decodeContent, EMPTY, type LeaseMark, written } from './content'
import { Entry } from './entry'
import { entryName } from './entry-names'
import { Follower } from './follower'
import { NatsLease } from './nats-lease'
import type { Sizes } from './sizes'
import type { CheckedStoreOptions } from './store-options'
import { Writing, type Written } from './writing'

/** Room for the headers of a message, which count, too. */
const HEADERS = 256

/** How often it tries to write a value back before it gives up. */
const MOST_TRIES = 5

/** Keeps the commits of a store in a KV bucket, one compare-and-set for each group. */
export class NatsBacking implements Backing {
  readonly shared = true
  readonly ready: Promise<void>
  /** The name of this process in entries. */
  readonly #writer = nuid.next().slice(-12)
  readonly #bucket: Bucket
  readonly #connected: Connected
  readonly #follower: Follower
  readonly #entries = new Map<string, Entry>()
  /** The leases that are held here, by their ids. */
  readonly #leases = new Map<string, NatsLease>()
  #writes = 0
  #ended = false

  constructor(
    private readonly mirror: Mirror,
    connection: NatsConnection,
    private readonly options: CheckedStoreOptions,
    private readonly sizes: Sizes,
  ) {
    const { clock, every } = options
    this.#bucket = new Bucket(connection, options)
    this.#connected = new Connected(connection, clock, () => this.#follower.restart())
    this.#follower = new Follower(this.#bucket, {
      clock,
      everyMs: every,
      arrived: (found) => this.#arrived(found),
      replaced: () => this.#replaced(),
    })
    this.ready = this.#open()
  }

  known(key: CellKey): Kept | undefined {
    const entry = this.#entryOf(key)
    if (!entry.isUsed) this.#use(entry)
    return entry.content.cells.get(key)
  }

  together(keys: readonly CellKey[]): void {
    const names = new Set(keys.map((key) => this.#nameOf(key)))
    if (names.size <= 1) return
    const message =
      `its ${keys.length} cells are in ${names.size} entries of bucket "${this.#bucket.name}", and NATS writes one entry at a time. ` +
      'Keep cells that change together in one entry: option "entry" of natsStore'
    throw new InvalidError('transaction', [{ path: [], message }])
  }

  async write(batch: Batch, put: () => void, lease?: Lease): Promise<boolean> {
    const keys = batch.cells.map(({ key }) => key)
    const entry = this.#entryOf(keys[0] as CellKey)
    const isWritten = await this.#inTurn(entry, async () => {
      await this.#withoutFault(entry)
      // Nothing may wait between here and the write: what arrives meanwhile would be overwritten.
      if (batch.cells.some(({ key, from }) => this.mirror.version(key) !== from)) return false
      if (!this.#mayWrite(entry, keys, lease)) return false
      if (batch.commits.length === 0) return this.#isLatest(entry)
      return this.#store(entry, this.#after(entry, batch, lease), put)
    })
    // Whoever runs again must not find the same lease at once.
    if (!isWritten && lease === undefined) await this.free(keys)
    return isWritten
  }

  free(keys: readonly CellKey[]): Promise<void> | undefined {
    const entry = this.#entryOf(keys[0] as CellKey)
    return this.#foreignLease(entry, keys) === undefined ? undefined : this.#wait(entry, keys)
  }

  async lease(key: CellKey): Promise<Lease> {
    const entry = this.#entryOf(key)
    const id = `${this.#writer}-${++this.#writes}`
    const mark: LeaseMark = { id, ms: this.options.lease, renewed: 0 }
    try {
      for (;;) {
        await this.free([key])
        if (await this.#mark(entry, key, (held) => (this.#isForeign(entry, held) ? undefined : mark))) break
      }
    } catch (error) {
      const unknown = error instanceof UnknownWrite
      throw new NotCommittedError([key], 1, false, unknown ? error.cause : error)
    }
    const lease = new NatsLease(key, mark, {
      clock: this.options.clock,
      isHeld: () => entry.lease(key)?.id === id,
      renew: (next) => this.#mark(entry, key, (held) => (held?.id === id ? next : undefined)),
      release: () => this.#mark(entry, key, (held) => (held?.id === id ? null : undefined)),
      ended: () => void this.#leases.delete(id),
    })
    this.#leases.set(id, lease)
    return lease
  }

  async fresh(key: CellKey): Promise<void> {
    const entry = this.#entryOf(key)
    try {
      await this.#look(entry)
      if (entry.fault !== undefined) throw entry.fault
    } catch (error) {
      const says = (error as Error).message
      throw new UnreachableError(`cell "${key}"`, false, { says, cause: error })
    }
  }

  /** Writes the values that are known here back to entries that were deleted or overwritten. Returns how many. */
  async restore(): Promise<number> {
    await this.#bucket.open()
    this.#follower.restart()
    let restored = 0
    for (const entry of this.#entries.values()) if (await this.#restore(entry)) restored++
    return restored
  }

  end(): void {
    this.#ended = true
    this.#follower.end()
    this.#connected.end()
    for (const lease of this.#leases.values()) lease.forget()
    for (const entry of this.#entries.values()) entry.wake()
  }

  async #open(): Promise<void> {
    try {
      await this.#bucket.open()
    } catch (error) {
      const says = (error as Error).message
      throw new UnreachableError(this.options.bucket, false, { says, cause: error })
    }
    this.sizes.max = Math.min(this.options.maxBytes, this.#connected.maxPayload - HEADERS)
    await this.#follower.start()
  }

  /** What the entry says after these commits. */
  #after(entry: Entry, { cells }: Batch, lease: Lease | undefined): Content {
    const values = new Map(entry.content.cells)
    const leases = new Map(entry.content.leases)
    for (const { key, version, value } of cells) {
      values.set(key, { version, value })
      // One that has ended is removed: what its holder still writes is refused.
      if (lease === undefined) leases.delete(key)
    }
    return { ...entry.content, cells: values, leases }
  }

  /** Writes what the entry should say. False if somebody else came first: what they have written has arrived. */
  async #store(entry: Entry, content: Content, put: () => void): Promise<boolean> {
    const write = ++this.#writes
    const next = written(content, this.#writer, write)
    const bytes = this.sizes.encoded(next)
    if (bytes === undefined) return false
    entry.isWriting = true
    try {
      const outcome = await this.#writing(entry, write, bytes)
      if (outcome.kind === 'stored') this.#follower.saw(outcome.revision)
      if (outcome.kind === 'stored') entry.take({ revision: outcome.revision, content: next }, this.options.clock.now())
      if (outcome.kind !== 'lost' && !this.#ended) put()
      if (outcome.kind !== 'stored') {
        // An older one is of another bucket, or of a backup.
        if ((outcome.found?.revision ?? 0) < entry.revision) void this.#follower.isSame().catch(() => undefined)
        this.#take(entry, outcome.found)
      }
      return outcome.kind !== 'lost'
    } finally {
      entry.isWriting = false
      for (const arrived of entry.held.splice(0)) arrived()
    }
  }

  #writing(entry: Entry, write: number, bytes: Uint8Array): Promise<Written> {
    const ports = {
      bucket: this.#bucket,
      connected: this.#connected,
      clock: this.options.clock,
      timeoutMs: this.options.timeout,
      writer: this.#writer,
      read: (_: Entry, found: KvEntry | null) => this.#read(entry, found),
    }
    return new Writing(ports, entry, write).run(bytes)
  }

  /** Asks the server whether what is known here is the latest. */
  async #isLatest(entry: Entry): Promise<boolean> {
    const { revision } = entry
    await this.#look(entry)
    if (entry.fault !== undefined) throw entry.fault
    return entry.revision === revision
  }

  /** Asks the server for the last revision, and takes it over. */
  async #look(entry: Entry): Promise<void> {
    const before = entry.revision
    const { clock, timeout } = this.options
    const found = await this.#connected.ask(() => this.#bucket.last(entry.name), clock.now() + timeout * NS_PER_MS)
    const revision = found?.revision ?? 0
    // An older one is of another bucket, or of a backup.
    if (revision < before) await this.#follower.isSame()
    await new Promise<void>((resolve) => {
      this.#whenIdle(entry, () => {
        const isDeleted = found === null && before > 0 && entry.revision === before
        const isNews = revision > entry.revision || (revision === entry.revision && entry.fault !== undefined)
        if (isDeleted || (found !== null && isNews)) this.#take(entry, found)
        resolve()
      })
    })
  }

  #whenIdle(entry: Entry, work: () => void): void {
    if (entry.isWriting) entry.held.push(work)
    else work()
  }

  #arrived(found: KvEntry): void {
    const entry = this.#entryNamed(found.key)
    this.#whenIdle(entry, () => {
      if (found.revision > entry.revision) this.#take(entry, found)
    })
  }

  /** From now on its values are told to the store. */
  #use(entry: Entry): void {
    const { unread } = entry
    entry.isUsed = true
    entry.unread = undefined
    if (unread !== undefined) this.#take(entry, unread)
  }

  #take(entry: Entry, found: KvEntry | null): void {
    if (this.#ended) return
    if (!entry.isUsed) {
      entry.unread = found ?? undefined
      entry.revision = found?.revision ?? 0
      return
    }
    try {
      const content = this.#read(entry, found)
      this.mirror.arrive([...content.cells].map(([key, kept]): Arrival => ({ key, ...kept })))
      entry.take({ revision: found?.revision ?? 0, content }, this.options.clock.now())
    } catch (error) {
      // The last good values stay. The next write expects this revision.
      entry.revision = found?.revision ?? 0
      entry.fault = error as Error
      entry.wake()
    }
  }

  /** @throws {Error} that says what is wrong with it, and what to do */
  #read(entry: Entry, found: KvEntry | null): Content {
    const where = `entry "${entry.name}" of bucket "${this.#bucket.name}"`
    if (found === null && entry.content === EMPTY) return EMPTY
    if (found === null || found.operation !== 'PUT')
      throw new Error(`${where} was deleted. Call restore() to write the values known here`)
    try {
      return decodeContent(this.options.codec, found.value)
    } catch (error) {
      if (!(error instanceof BadContent)) throw error
      const what = `revision ${found.revision} of ${where} is none of a store: ${error.message}`
      throw new Error(`${what}. Call restore() to write the values known here`, { cause: error })
    }
  }

  /** The bucket was made again: nothing of it is known. */
  #replaced(): void {
    const fault = new Error(
      `bucket "${this.#bucket.name}" was deleted and made again. Call restore() to write the values known here`,
    )
    for (const entry of this.#entries.values())
      this.#whenIdle(entry, () => {
        if (entry.revision === 0) return
        entry.revision = 0
        entry.fault ??= fault
      })
  }

  /** Looks again whether an entry with a fault is well by now. */
  async #withoutFault(entry: Entry): Promise<void> {
    if (entry.fault === undefined) return
    await this.#look(entry)
    if (entry.fault !== undefined) throw entry.fault
  }

  async #restore(entry: Entry): Promise<boolean> {
    return this.#inTurn(entry, async () => {
      for (let i = 0; i < MOST_TRIES; i++) {
        await this.#look(entry)
        if (entry.fault === undefined) return false
        if (await this.#store(entry, { ...entry.content, leases: new Map() }, () => undefined)) return true
      }
      throw entry.fault ?? new Error(`entry "${entry.name}" could not be written`)
    })
  }

  /** Writes the entry with another lease of a cell: null for none. False if `change` wants none. */
  async #mark(
    entry: Entry,
    key: CellKey,
    change: (held: LeaseMark | undefined) => LeaseMark | null | undefined,
  ): Promise<boolean> {
    return this.#inTurn(entry, async () => {
      await this.#withoutFault(entry)
      for (;;) {
        const mark = change(entry.lease(key))
        if (mark === undefined || this.#ended) return false
        const leases = new Map(entry.content.leases)
        if (mark === null) leases.delete(key)
        else leases.set(key, mark)
        if (await this.#store(entry, { ...entry.content, leases }, () => undefined)) return true
        if (entry.fault !== undefined) throw entry.fault
      }
    })
  }

  async #inTurn<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
    const end = await entry.turn()
    try {
      return await work()
    } finally {
      end()
    }
  }

  #mayWrite(entry: Entry, keys: readonly CellKey[], lease: Lease | undefined): boolean {
    if (lease !== undefined) return (lease as NatsLease).isHeld
    return this.#foreignLease(entry, keys) === undefined
  }

  #foreignLease(entry: Entry, keys: readonly CellKey[]): LeaseMark | undefined {
    return keys.map((key) => entry.lease(key)).find((mark) => this.#isForeign(entry, mark))
  }

  /** Whether somebody else holds it. One of this process that is not held any more has ended. */
  #isForeign(entry: Entry, mark: LeaseMark | undefined): boolean {
    if (mark === undefined) return false
    if (mark.id.startsWith(`${this.#writer}-`)) return this.#leases.has(mark.id)
    return this.options.clock.now() < entry.endOf(mark, NS_PER_MS)
  }

  async #wait(entry: Entry, keys: readonly CellKey[]): Promise<void> {
    const { clock } = this.options
    for (;;) {
      const mark = this.#foreignLease(entry, keys)
      if (mark === undefined || this.#ended) return
      const at = entry.endOf(mark, NS_PER_MS)
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(at, resolve, false)
        void entry.changed().then(() => {
          timer.cancel()
          resolve()
        })
      })
    }
  }

  #entryOf(key: CellKey): Entry {
    return this.#entryNamed(this.#nameOf(key))
  }

  #entryNamed(name: string): Entry {
    let entry = this.#entries.get(name)
    if (entry === undefined) this.#entries.set(name, (entry = new Entry(name)))
    return entry
  }

  #nameOf(key: CellKey): string {
    const { entry } = this.options
    if (entry === 'cell') return entryName(key)
    return entryName(entry === 'store' ? 'store' : String(entry(key)))
  }
}
