import type { Recipe } from '../cells/cell'
import { produceWithPatches } from '../cells/produce'
import { mustHaveNoProtoName } from '../cells/proto-name'
import type { CellKey } from '../errors'
import { asElsewhere } from './crossing'
import { type Change, type Entry } from './entry'

/** What entries need of their replica. */
export interface EntryPorts<S> {
  /** The latest committed value. */
  value(): S
  /** Sends a commit. Returns its number. @param hold the hold under which it commits, 0 without */
  send(change: Change<S>, tag: unknown, hold: number): number
  /** What was sent with this tag came to nothing. */
  lost(tag: unknown): void
}

/** What a replica wants to commit and is not confirmed, in order: each entry is made on what those before it have left. */
export class Entries<S> {
  #all: Entry<S>[] = []
  /** What the last entry that was sent leads to; null if none is under way. */
  #tip: { readonly next: S } | null = null
  /** How many wait to be made. */
  #unmade = 0

  constructor(
    private readonly key: CellKey,
    private readonly ports: EntryPorts<S>,
  ) {}

  get size(): number {
    return this.#all.length
  }

  /** Whether some of them wait to be made. */
  get isWaiting(): boolean {
    return this.#unmade > 0
  }

  /** Whether one of them was lost so often. */
  hasLost(times: number): boolean {
    return this.#all.some(({ losses }) => losses >= times)
  }

  /** Adds a recipe, which `make` runs. */
  add(entry: Entry<S>): void {
    this.#all.push(entry)
    this.#unmade++
  }

  /** Adds a value that was set, and sends it. */
  set(entry: Entry<S>, change: Change<S>): void {
    this.#all.push(entry)
    this.#send(entry, change, 0)
  }

  /** Adds a value that was set, which comes to nothing when it is its turn. */
  addLost(entry: Entry<S>): void {
    this.#all.push(entry)
    entry.made = { kind: 'settles', settle: () => this.#lost(entry) }
  }

  /** Runs all recipes that were not run, in order. Those that were stand before them. */
  make(hold: number): void {
    for (let i = this.#firstUnmade(); this.#unmade > 0; i++) {
      const entry = this.#all[i] as Entry<S>
      if (entry.made.kind !== 'none') continue
      this.#unmade--
      this.#make(entry, hold)
    }
  }

  #firstUnmade(): number {
    let i = this.#all.length
    for (let left = this.#unmade; left > 0;) if (this.#all[--i]?.made.kind === 'none') left--
    return i
  }

  /** Runs the recipe of an entry on what the entries before it have left. */
  #make(entry: Entry<S>, hold: number): void {
    const base = this.#tip === null ? this.ports.value() : this.#tip.next
    try {
      const [next, patches] = produceWithPatches(this.key, base, entry.recipe as Recipe<S>)
      mustHaveNoProtoName(this.key, patches)
      const there = asElsewhere(base, next, patches)
      if (Object.is(there, base)) entry.made = { kind: 'settles', settle: () => entry.committed(there) }
      else this.#send(entry, { next: there, patches }, hold)
    } catch (error) {
      // Perhaps because of a change before it that comes to nothing: that is known when those are confirmed.
      entry.made = { kind: 'settles', settle: () => entry.failed(error) }
    }
  }

  #send(entry: Entry<S>, change: Change<S>, hold: number): void {
    const { next } = change
    this.#tip = { next }
    entry.made = { kind: 'sent', seq: this.ports.send(change, entry.tag, hold), next }
  }

  /** The owner has committed all up to this number. @param confirmed called with each value before its entry ends */
  confirm(seq: number, confirmed: (next: S) => void): void {
    for (let entry; (entry = this.#all[0]) !== undefined;) {
      const { made } = entry
      if (made.kind !== 'sent' || made.seq > seq) return
      this.#all.shift()
      if (this.#tip?.next === made.next) this.#tip = null
      confirmed(made.next)
      entry.committed(made.next)
      this.settle()
    }
  }

  /** The owner has refused one: it fails alone. */
  refuse(seq: number, error: unknown): void {
    const i = this.#all.findIndex(({ made }) => made.kind === 'sent' && made.seq === seq)
    if (i >= 0) this.#all.splice(i, 1)[0]?.failed(error)
  }

  /** Counts a loss of each that is under way. Returns whether there was one. */
  lose(): boolean {
    let isAny = false
    for (const entry of this.#all) {
      if (entry.made.kind !== 'sent') continue
      entry.losses++
      isAny = true
    }
    return isAny
  }

  /** What was made comes to nothing: recipes wait to be made again, and values that were set are lost. */
  void(): void {
    const sets = this.#all.filter(({ recipe }) => recipe === null)
    if (sets.length > 0) this.#all = this.#all.filter(({ recipe }) => recipe !== null)
    for (const entry of this.#all) this.#forget(entry)
    this.#tip = null
    this.#unmade = this.#all.length
    for (const entry of sets) this.#lost(entry)
  }

  /** The cell cannot be had. */
  fail(error: unknown): void {
    this.#tip = null
    this.#unmade = 0
    for (const entry of this.#all.splice(0)) entry.failed(error)
  }

  /** Settles what waits for nothing before it. */
  settle(): void {
    for (let entry; (entry = this.#all[0]) !== undefined;) {
      if (entry.made.kind !== 'settles') return
      this.#all.shift()
      entry.made.settle()
    }
  }

  #lost(entry: Entry<S>): void {
    this.ports.lost(entry.tag)
    entry.lost()
  }

  #forget(entry: Entry<S>): void {
    if (entry.made.kind === 'sent') this.ports.lost(entry.tag)
    entry.forget()
  }
}
