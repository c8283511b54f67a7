import { type Clock, count, NS_PER_MS } from '@genpool/runtime'
import { type CellKey, type Lease, NotCommittedError, UnknownWrite } from '@genpool/state-ane'
import type { LeaseMark } from './content'
import type { Entry } from './entry'
import type { EntryWriter } from './entry-writer'
import { NatsLease } from './nats-lease'
import type { Replica } from './replica'

/** What leases need. */
export interface LeasesPorts {
  readonly writer: EntryWriter
  readonly replica: Replica
  readonly clock: Clock
  /** How long a lease is good without being renewed. */
  readonly ms: number
  /** The name of this process in entries. */
  readonly process: string
}

/** How long it waits before it tries again to give a lease back. */
const PAUSE_MS = 250

/** Which lease a cell should have: null for none, undefined to leave it as it is. */
type Change = (held: LeaseMark | undefined) => LeaseMark | null | undefined

/** The leases of this process, and what others have. They stand in the entries of their cells. */
export class Leases {
  /** Those that are held here, by their ids. */
  readonly #held = new Map<string, NatsLease>()
  /** Those that are being taken. */
  readonly #taking = new Set<Promise<unknown>>()
  /** The ids of those that are being taken: they may be written before they are held. */
  readonly #expected = new Set<string>()
  /** Those that are being given back although they were never held, or not any more, by their ids. */
  readonly #returning = new Map<string, Promise<void>>()
  #made = 0
  #ended = false

  constructor(private readonly ports: LeasesPorts) {}

  /** Nobody gets another one. Gives up those that are held, and resolves then; undefined if there are none. */
  end(): Promise<unknown> | undefined {
    this.#ended = true
    const ends = [...this.#taking, ...[...this.#held.values()].map((lease) => lease.release())]
    if (ends.length + this.#returning.size === 0) return undefined
    // A lease that fails to be taken or released may be written nevertheless, and is given back then.
    return Promise.allSettled(ends).then(() => Promise.all(this.#returning.values()))
  }

  /** A revision of the entry is known. What it says of leases that nobody has here is taken back: others would wait for their ends. */
  saw(entry: Entry): void {
    for (const [key, mark] of entry.content.leases)
      if (this.#isLeftBehind(mark)) void this.#giveBack(entry, key, mark.id)
  }

  /** Waits until nobody else has a lease of one of these cells. */
  free(entry: Entry, keys: readonly CellKey[]): Promise<void> | undefined {
    return this.#foreign(entry, keys) === undefined ? undefined : this.#wait(entry, keys)
  }

  /** Whether a commit to these cells may be written now. */
  mayWrite(entry: Entry, keys: readonly CellKey[], lease: Lease | undefined): boolean {
    if (lease !== undefined) return (lease as NatsLease).isHeld
    return this.#foreign(entry, keys) === undefined
  }

  /** Who else has a lease of the cell now, in words; undefined if nobody has. */
  holder(entry: Entry, key: CellKey): string | undefined {
    const mark = this.#foreign(entry, [key])
    if (mark === undefined || this.#isOwn(mark)) return undefined
    return `another process, by a lease of ${mark.ms} ms that it has renewed ${count(mark.renewed, 'time')}`
  }

  /** Waits for a lease, and writes it. After that, the values here are the latest. */
  take(entry: Entry, key: CellKey): Promise<Lease> {
    const taking = this.#take(entry, key)
    this.#taking.add(taking)
    const over = (): void => void this.#taking.delete(taking)
    taking.then(over, over)
    return taking
  }

  async #take(entry: Entry, key: CellKey): Promise<Lease> {
    const { clock, ms, process } = this.ports
    const id = `${process}-${++this.#made}`
    const mark: LeaseMark = { id, ms, renewed: 0 }
    const isMine = (held: LeaseMark | undefined): boolean => held?.id === id
    const release = (): Promise<void> => this.#giveBack(entry, key, id)
    this.#expected.add(id)
    try {
      do {
        await this.free(entry, [key])
        if (this.#ended) throw destroyedWhileWaiting(key)
      } while (
        !(await this.#mark(entry, key, (held) => (this.#ended || this.#isForeign(entry, held) ? undefined : mark)))
      )
      if (this.#ended) {
        await release()
        throw destroyedWhileWaiting(key)
      }
    } catch (error) {
      this.#expected.delete(id)
      const isUnknown = error instanceof UnknownWrite
      if (isUnknown) void this.#giveBack(entry, key, id, entry.revision)
      else this.saw(entry)
      throw new NotCommittedError([key], 0, false, isUnknown ? error.cause : error)
    }
    const lease = new NatsLease(key, mark, {
      clock,
      isHeld: () => isMine(entry.lease(key)),
      renew: (next) => this.#mark(entry, key, (held) => (!this.#ended && isMine(held) ? next : undefined)),
      release,
      ended: () => void this.#held.delete(id),
    })
    this.#held.set(id, lease)
    this.#expected.delete(id)
    return lease
  }

  /**
   * Takes a lease out of its entry, and tries it again while that fails, until the lease has ended by itself.
   *
   * @param unknownAt the revision that its write expected, if nobody knows whether that is stored: the next revision refuses it
   * @returns a promise of the end of the first attempt
   */
  #giveBack(entry: Entry, key: CellKey, id: string, unknownAt?: number): Promise<void> {
    const change: Change = (held) => {
      if (held?.id === id) return null
      return entry.revision === unknownAt ? (held ?? null) : undefined
    }
    const attempt = (): Promise<boolean> =>
      this.#mark(entry, key, change).then(
        () => true,
        () => false,
      )
    const first = attempt()
    const returning = this.#untilDone(first, attempt).finally(() => this.#returning.delete(id))
    this.#returning.set(id, returning)
    return first.then(() => undefined)
  }

  async #untilDone(first: Promise<boolean>, attempt: () => Promise<boolean>): Promise<void> {
    const { clock, ms } = this.ports
    const end = clock.now() + ms * NS_PER_MS
    for (let isDone = await first; !isDone && clock.now() < end; isDone = await attempt())
      await new Promise<void>((resolve) => void clock.setTimer(clock.now() + PAUSE_MS * NS_PER_MS, resolve, false))
  }

  /** Writes the entry with another lease of the cell. False if `change` wants none. */
  #mark(entry: Entry, key: CellKey, change: Change): Promise<boolean> {
    const { replica, writer } = this.ports
    return entry.inTurn(async () => {
      for (;;) {
        await replica.mustBeWell(entry)
        const mark = change(entry.lease(key))
        if (mark === undefined) return false
        const leases = new Map(entry.content.leases)
        if (mark === null) leases.delete(key)
        else leases.set(key, mark)
        if (await writer.write(entry, { ...entry.content, leases })) return true
      }
    })
  }

  #foreign(entry: Entry, keys: readonly CellKey[]): LeaseMark | undefined {
    return keys.map((key) => entry.lease(key)).find((mark) => this.#isForeign(entry, mark))
  }

  /** Whether somebody else holds it. One of this process that is not held any more has ended. */
  #isForeign(entry: Entry, mark: LeaseMark | undefined): boolean {
    if (mark === undefined) return false
    if (this.#isOwn(mark)) return this.#held.has(mark.id)
    return this.ports.clock.now() < entry.endOf(mark, NS_PER_MS)
  }

  #isLeftBehind(mark: LeaseMark): boolean {
    const { id } = mark
    return this.#isOwn(mark) && !this.#held.has(id) && !this.#expected.has(id) && !this.#returning.has(id)
  }

  #isOwn({ id }: LeaseMark): boolean {
    return id.startsWith(`${this.ports.process}-`)
  }

  async #wait(entry: Entry, keys: readonly CellKey[]): Promise<void> {
    const { clock } = this.ports
    for (;;) {
      const mark = this.#foreign(entry, keys)
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
}

function destroyedWhileWaiting(key: CellKey): Error {
  return new Error(`the store was destroyed here while it waited for a lease of cell "${key}".`)
}
