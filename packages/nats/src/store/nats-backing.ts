import { type Clock, sentence, textOf, UnreachableError } from '@genpool/runtime'
import {
  type Backing,
  type Batch,
  type CellKey,
  InvalidError,
  type Kept,
  type Lease,
  type Mirror,
  type StorageCondition,
  UnknownWrite,
} from '@genpool/state-ane'
import { type NatsConnection, nuid } from '@nats-io/transport-node'
import { patiently } from '../patience'
import { Bucket } from './bucket'
import { Connected } from './connected'
import type { Entry } from './entry'
import { EntryWriter } from './entry-writer'
import { FoldedWrites, type Write } from './folded-writes'
import { Leases } from './leases'
import { Replica } from './replica'
import { accepted, restored, type RestoringPorts } from './restored'
import type { Sizes } from './sizes'
import type { StoreEvents } from './store-events'
import type { CheckedStoreOptions } from './store-options'

/** Room for the headers of a message, which count, too. */
const HEADERS = 256

/** Nothing was to be run. */
const NOTHING_MORE = { so: '' }

/** Keeps the commits of a store in a KV bucket, one compare-and-set for each group. */
export class NatsBacking implements Backing {
  readonly shared = true
  readonly clock: Clock
  readonly ready: Promise<void>
  readonly #bucket: Bucket
  readonly #connected: Connected
  readonly #replica: Replica
  readonly #writer: EntryWriter
  readonly #leases: Leases
  readonly #folded: FoldedWrites

  constructor(
    private readonly mirror: Mirror,
    private readonly connection: NatsConnection,
    private readonly options: CheckedStoreOptions,
    private readonly parts: { readonly sizes: Sizes; readonly events: StoreEvents },
  ) {
    const { clock, lease, timeout } = options
    const { sizes, events } = parts
    this.clock = clock
    // The end of it differs between two of one process.
    const process = nuid.next().slice(-12)
    const bucket = (this.#bucket = new Bucket(connection, options))
    const connected = (this.#connected = new Connected(connection, clock, {
      changed: () => events.tell(undefined, connected.trouble),
      back: () => this.#replica.restart(),
    }))
    const replica = (this.#replica = new Replica(
      mirror,
      { bucket, connected, events, saw: (entry) => this.#leases.saw(entry) },
      options,
    ))
    const writer = new EntryWriter({ bucket, connected, replica, sizes, clock, timeoutMs: timeout, writer: process })
    this.#writer = writer
    this.#leases = new Leases({ writer, replica, clock, ms: lease, process })
    this.#folded = new FoldedWrites({
      mustBeWell: (entry) => replica.mustBeWell(entry),
      mayWrite: (entry, write) => this.#mayWrite(entry, write),
      isLatest: (entry) => this.#isLatest(entry),
      write: (entry, content, put) => writer.write(entry, content, put),
    })
    this.ready = this.#open()
  }

  known(key: CellKey): Kept | undefined {
    const entry = this.#replica.entryOf(key)
    try {
      return this.#replica.known(entry, key)
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  together(keys: readonly CellKey[]): void {
    const names = new Set(keys.map((key) => this.#replica.nameOf(key)))
    if (names.size <= 1) return
    const message =
      `its ${keys.length} cells are in ${names.size} entries of bucket "${this.#bucket.name}", and NATS writes one entry at a time. ` +
      'Keep cells that change together in one entry: option "entry" of natsStore'
    throw new InvalidError('transaction', [{ path: [], message }])
  }

  async write(batch: Batch, put: () => void, lease?: Lease): Promise<boolean> {
    const keys = batch.cells.map(({ key }) => key)
    const entry = this.#replica.entryOf(keys[0] as CellKey)
    const isWritten = await this.#folded.write(entry, { batch, put, lease })
    // Whoever runs again must not find the same lease at once.
    if (!isWritten && lease === undefined) await this.#leases.free(entry, keys)
    return isWritten
  }

  free(keys: readonly CellKey[]): Promise<void> | undefined {
    return this.#leases.free(this.#replica.entryOf(keys[0] as CellKey), keys)
  }

  lease(key: CellKey): Promise<Lease> {
    return this.#leases.take(this.#replica.entryOf(key), key)
  }

  condition(key: CellKey): StorageCondition {
    const entry = this.#replica.entryOf(key)
    return { fault: this.#connected.trouble ?? entry.fault?.message, heldBy: this.#leases.holder(entry, key) }
  }

  async fresh(key: CellKey): Promise<void> {
    const entry = this.#replica.entryOf(key)
    await this.#reaching(async () => {
      await this.#replica.look(entry)
      if (entry.fault !== undefined) throw entry.fault
    }, NOTHING_MORE)
  }

  /** Writes the last good values back to entries that were deleted, damaged or made anew. Returns how many. */
  restore(): Promise<number> {
    return this.#repair(restored)
  }

  /** Takes what is there where entries were made anew, or have gone back. Returns how many. */
  accept(): Promise<number> {
    return this.#repair(accepted)
  }

  async #repair(one: (entry: Entry, ports: RestoringPorts) => Promise<boolean>): Promise<number> {
    const entries = this.#replica.all()
    return this.#reaching(async () => {
      await this.#patiently(() => this.#bucket.open())
      this.#replica.restart()
      const ports = { bucket: this.#bucket, codec: this.options.codec, replica: this.#replica, writer: this.#writer }
      const failures: unknown[] = []
      let count = 0
      for (const entry of entries) {
        const isDone = await one(entry, ports).catch((error: unknown) => void failures.push(error))
        if (isDone === true) count++
      }
      // One that cannot be repaired keeps no other one from it.
      if (failures.length > 0) throw failures[0]
      return count
    }, NOTHING_MORE)
  }

  end(): void {
    this.parts.events.end()
    this.#writer.end()
    const released = this.#leases.end()
    this.#replica.wake()
    const end = (): void => {
      this.#replica.end()
      this.#connected.end()
    }
    // Giving leases up is a write, which needs both.
    if (released === undefined) end()
    else void released.then(end)
  }

  async #open(): Promise<void> {
    const attempt = async (): Promise<void> => {
      await this.#bucket.open()
      await this.#replica.start()
    }
    await this.#reaching(() => this.#patiently(attempt), NOTHING_MORE)
    this.parts.sizes.max = Math.min(this.options.maxBytes, this.#connected.maxPayload - HEADERS)
  }

  /** Other processes may open the bucket at the same time, and servers may start. */
  #patiently(attempt: () => Promise<void>): Promise<void> {
    const { connection, clock } = this
    return patiently(attempt, { connection, clock, timeoutMs: this.options.timeout })
  }

  /** Whether nobody came first, and nobody else holds a cell. */
  #mayWrite(entry: Entry, { batch, lease }: Write): boolean {
    if (batch.cells.some(({ key, from }) => this.mirror.version(key) !== from)) return false
    const keys = batch.cells.map(({ key }) => key)
    return this.#leases.mayWrite(entry, keys, lease)
  }

  /** Asks the server whether what is known here is the latest. */
  async #isLatest(entry: Entry): Promise<boolean> {
    const { revision } = entry
    await this.#replica.look(entry)
    if (entry.fault !== undefined) throw entry.fault
    return entry.revision === revision
  }

  async #reaching<T>(work: () => Promise<T>, so: { readonly so?: string }): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#unreachable(error, so)
    }
  }

  /** @param so what became of the request; it is said that it was not run without it */
  #unreachable(error: unknown, so: { readonly so?: string } = {}): UnreachableError {
    if (error instanceof UnknownWrite) {
      const says = `It is not known whether the write took place: ${sentence(textOf(error.cause))} The same again does no harm.`
      return new UnreachableError(this.#bucket.name, true, { says, cause: error, ...so })
    }
    return new UnreachableError(this.#bucket.name, false, { says: sentence(textOf(error)), cause: error, ...so })
  }
}
