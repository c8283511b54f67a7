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

/** Which lease a cell should have: null for none, undefined to leave it as it is. */
type Change = (held: LeaseMark | undefined) => LeaseMark | null | undefined

/** The leases of this process, and what others have. They stand in the entries of their cells. */
export class Leases {
  /** Those that are held here, by their ids. */
  readonly #held = new Map<string, NatsLease>()
  /** Those that are being taken. */
  readonly #taking = new Set<Promise<unknown>>()
  #made = 0
  #ended = false

  constructor(private readonly ports: LeasesPorts) {}

  /** Nobody gets another one. Gives up those that are held, and resolves then; undefined if there are none. */
  end(): Promise<unknown> | undefined {
    this.#ended = true
    const ends = [...this.#taking, ...[...this.#held.values()].map((lease) => lease.release())]
    return ends.length === 0 ? undefined : Promise.allSettled(ends)
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
    const release = (): Promise<boolean> => this.#mark(entry, key, (held) => (isMine(held) ? null : undefined))
    try {
      do {
        await this.free(entry, [key])
        if (this.#ended) throw destroyedWhileWaiting(key)
      } while (!(await this.#mark(entry, key, (held) => (this.#isForeign(entry, held) ? undefined : mark))))
      if (this.#ended) {
        await release()
        throw destroyedWhileWaiting(key)
      }
    } catch (error) {
      throw new NotCommittedError([key], 1, false, error instanceof UnknownWrite ? error.cause : error)
    }
    const lease = new NatsLease(key, mark, {
      clock,
      isHeld: () => isMine(entry.lease(key)),
      renew: (next) => this.#mark(entry, key, (held) => (isMine(held) ? next : undefined)),
      release,
      ended: () => void this.#held.delete(id),
    })
    this.#held.set(id, lease)
    return lease
  }

  /** Writes the entry with another lease of the cell. False if `change` wants none, or the store has ended. */
  #mark(entry: Entry, key: CellKey, change: Change): Promise<boolean> {
    const { replica, writer } = this.ports
    return entry.inTurn(async () => {
      for (;;) {
        await replica.mustBeWell(entry)
        const mark = change(entry.lease(key))
        if (mark === undefined || (this.#ended && mark !== null)) return false
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
