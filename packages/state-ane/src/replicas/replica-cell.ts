import type { Patch } from 'immer'
import type { Cell, Hold, Recipe } from '../cells/cell'
import { diff } from '../cells/diff'
import { frozen } from '../cells/frozen'
import type { MaybePromise } from '../cells/maybe-promise'
import { mustBeState } from '../cells/must-be-state'
import { frozenState, produceWithPatches } from '../cells/produce'
import type { CellKey } from '../errors'
import { applied } from './applied'
import { type Change, Entry } from './entry'
import { promised } from './promised'
import { mustHaveNoProtoName } from '../cells/proto-name'
import { type HoldWriter, ReplicaHold } from './replica-hold'
import type { OwnerMessage, ReplicaMessage } from './replica-messages'

/** After so many losses a replica takes the cell, so that it always ends. */
const PATIENCE = 3

/** What a replica that commits needs of what is around it. */
export interface ReplicaPorts<S> {
  /**
   * Sends to the owner, in order. It arrives after this has returned.
   *
   * @param next for a commit, the value that it leads to
   */
  send(message: ReplicaMessage, next?: S): void
  /** Whose commit it is that is made now: the owner is told. @param isSet whether it sets a value, and is lost if another one comes first */
  tag(isSet: boolean): unknown
  /** What was sent with this tag came to nothing. A recipe runs again, and perhaps changes nothing then. */
  lost?(tag: unknown): void
}

/**
 * A cell that is elsewhere: reading it is reading a local copy, and commits go to the owner, which has the last word.
 *
 * Recipes run here, each on what the ones before have left, and many are under way at once. If another commit comes first they run
 * again on the newer value. Readers see only what is committed. Knows no thread and no channel.
 *
 * @see ReplicaSession, the other side
 */
export class ReplicaCell<S> implements Cell<S> {
  readonly held = false
  readonly waits = true
  version = -1
  #value: S | undefined = undefined
  #epoch = 0
  #seq = 0
  #lastHold = 0
  /** What is not confirmed, in order. */
  #entries: Entry<S>[] = []
  /** How many holds it has or waits for: until they are released, entries without one wait. */
  #parking = 0
  /** How many of them keep everybody else from committing. */
  #firm = 0
  #isLeasing = false
  /** Whether others commit as well: then it waits for its turn, and makes its commits only once. */
  #isContended = false
  /** How often others have committed, and how often at its last turn. */
  #moves = 0
  #movesBefore = 0
  readonly #holds = new Map<number, ReplicaHold<S>>()
  /** The patches of the value that was made last, which may be committed as it is. */
  #made: (Change<S> & { readonly base: unknown }) | null = null

  constructor(
    readonly key: CellKey,
    private readonly ports: ReplicaPorts<S>,
  ) {}

  /** The latest committed value that is known here. */
  get value(): S {
    return this.#value as S
  }

  /** Whether commits are under way: what a handler reads now may be older than what it would read then. */
  get isCommitting(): boolean {
    return this.#entries.length > 0
  }

  /** Whether it has the cell for itself, or waits for that. */
  get isHolding(): boolean {
    return this.#firm > 0
  }

  update(recipe: Recipe<S>): MaybePromise<S> {
    const { promise, done } = promised<S>()
    const entry = new Entry<S>(recipe, this.ports.tag(false), done)
    this.#entries.push(entry)
    if (this.#isContended) void this.#lease('turn')
    else if (this.#parking === 0) this.#make(entry, 0)
    this.#settle()
    return promise
  }

  /** Makes a value with a recipe, to be committed by `compareAndSet` with no comparison of the values. */
  produce(recipe: Recipe<S>): S {
    const base = this.value
    const [next, patches] = produceWithPatches(this.key, base, recipe)
    this.#made = { base, next, patches }
    return next
  }

  compareAndSet(version: number, next: S): MaybePromise<boolean> {
    if (this.#entries.length === 0 && version !== this.version) return false
    const change = this.#changeTo(next)
    if (change === null) return true
    const { promise, done } = promised<boolean>()
    const entry = new Entry<S>(null, this.ports.tag(true), done)
    // What is under way changes the version, most likely.
    const isLost = this.#entries.length > 0 || this.#parking > 0
    this.#entries.push(entry)
    if (isLost) entry.made = { kind: 'settles', settle: () => this.#lost(entry) }
    else this.#send(entry, change, 0)
    this.#settle()
    return promise
  }

  /** The change from the value here to another one; null if they are the same. */
  #changeTo(next: S): Change<S> | null {
    if (Object.is(next, this.value)) return null
    mustBeState(this.key, next)
    const change = this.#changeFrom(next)
    if (change !== null) mustHaveNoProtoName(this.key, change.patches)
    return change
  }

  #changeFrom(next: S): Change<S> | null {
    const made = this.#made
    if (made !== null && Object.is(made.base, this.value) && Object.is(made.next, next)) return made
    frozenState(this.key, next, this.value)
    const patches = diff(this.value, next)
    return patches.length === 0 ? null : { next, patches }
  }

  hold(): Promise<Hold<S>> {
    return this.#hold('hold')
  }

  #hold(kind: 'hold' | 'turn'): Promise<ReplicaHold<S>> {
    const id = ++this.#lastHold
    this.#parking++
    if (kind === 'hold') this.#firm++
    return new Promise((resolve, reject) => {
      const answer = { granted: () => resolve(hold), refused: reject }
      const hold = new ReplicaHold<S>({ id, isFirm: kind === 'hold' }, answer, this.#writer)
      this.#holds.set(id, hold)
      this.ports.send([kind, id])
    })
  }

  watch(): never {
    throw new Error('a replica is not watched: watch the cell where it is')
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    return version === this.version ? [] : undefined
  }

  // --- what the owner says ---

  receive(message: OwnerMessage<S>): void {
    switch (message[0]) {
      case 'value':
        return this.#moved(message[1], message[2], frozen(message[3]))
      case 'patches':
        return this.#moved(message[1], message[2], frozen(applied(this.#value as S, message[3]), this.#value))
      case 'committed':
        return this.#committed(message[1], message[2])
      case 'refused':
        return this.#refused(message[1], message[2], message[3])
      case 'held':
        return this.#holds.get(message[1])?.granted()
      case 'notHeld':
        return this.#notHeld(message[1], message[2])
    }
  }

  /** Others have committed: what is not confirmed is made again. */
  #moved(epoch: number, version: number, value: S): void {
    this.#epoch = epoch
    this.version = version
    this.#value = value
    for (const hold of this.#holds.values()) hold.lost()
    this.#moves++
    for (const entry of this.#entries) {
      if (entry.made.kind !== 'sent') continue
      entry.losses++
      this.#isContended = true
    }
    this.#again()
  }

  #committed(seq: number, version: number): void {
    for (const hold of this.#holds.values()) {
      const next = hold.committed(seq)
      if (next === undefined) continue
      this.#value = next.value
      this.version = version
    }
    for (let entry; (entry = this.#entries[0]) !== undefined;) {
      const { made } = entry
      if (made.kind !== 'sent' || made.seq > seq) return
      this.#entries.shift()
      this.#value = made.next
      this.version = version
      entry.committed(made.next)
      this.#settle()
    }
  }

  #refused(seq: number, epoch: number, error: unknown): void {
    this.#epoch = epoch
    for (const hold of this.#holds.values()) hold.refused(seq, error)
    const i = this.#entries.findIndex(({ made }) => made.kind === 'sent' && made.seq === seq)
    if (i >= 0) this.#entries.splice(i, 1)[0]?.failed(error)
    this.#again()
  }

  // --- entries ---

  /** Makes all entries on the value that is here now. */
  #again(): void {
    const sets = this.#entries.filter(({ recipe, made }) => recipe === null && made.kind === 'sent')
    if (sets.length > 0) this.#entries = this.#entries.filter((entry) => !sets.includes(entry))
    for (const entry of this.#entries) if (entry.recipe !== null) this.#forget(entry)
    for (const entry of sets) this.#lost(entry)
    if (this.#parking === 0) {
      if (this.#entries.some(({ losses }) => losses >= PATIENCE)) void this.#lease('hold')
      else if (this.#isContended && this.#entries.length > 0) void this.#lease('turn')
      else this.#makeAll(0)
    }
    this.#settle()
  }

  #lost(entry: Entry<S>): void {
    this.ports.lost?.(entry.tag)
    entry.lost()
  }

  #forget(entry: Entry<S>): void {
    if (entry.made.kind === 'sent') this.ports.lost?.(entry.tag)
    entry.forget()
  }

  #makeAll(hold: number): void {
    for (const entry of [...this.#entries]) if (entry.made.kind === 'none') this.#make(entry, hold)
  }

  /** Runs the recipe of an entry on what the entries before it have left. */
  #make(entry: Entry<S>, hold: number): void {
    const base = this.#tip(entry)
    try {
      const [next, patches] = produceWithPatches(this.key, base, entry.recipe as Recipe<S>)
      mustHaveNoProtoName(this.key, patches)
      if (Object.is(next, base)) entry.made = { kind: 'settles', settle: () => entry.committed(next) }
      else this.#send(entry, { next, patches }, hold)
    } catch (error) {
      // Perhaps because of a change before it that comes to nothing: that is known when those are confirmed.
      entry.made = { kind: 'settles', settle: () => entry.failed(error) }
    }
  }

  #tip(before: Entry<S>): S {
    for (let i = this.#entries.lastIndexOf(before) - 1; i >= 0; i--) {
      const made = this.#entries[i]?.made
      if (made?.kind === 'sent') return made.next
    }
    return this.value
  }

  #send(entry: Entry<S>, { next, patches }: Change<S>, hold: number): void {
    const seq = ++this.#seq
    entry.made = { kind: 'sent', seq, next }
    this.ports.send(['commit', this.#epoch, seq, hold, patches, entry.tag], next)
  }

  /** Settles what waits for nothing before it. */
  #settle(): void {
    for (let entry; (entry = this.#entries[0]) !== undefined;) {
      if (entry.made.kind !== 'settles') return
      this.#entries.shift()
      entry.made.settle()
    }
  }

  // --- holds ---

  /** Takes the cell, or its turn among replicas, so that what waits here comes first once. */
  async #lease(kind: 'hold' | 'turn'): Promise<void> {
    if (this.#isLeasing) return
    this.#isLeasing = true
    try {
      const hold = await this.#hold(kind)
      this.#isContended = this.#moves > this.#movesBefore
      this.#movesBefore = this.#moves
      this.#makeAll(kind === 'hold' ? hold.id : 0)
      hold.release()
    } catch (error) {
      for (const entry of this.#entries.splice(0)) entry.failed(error)
    } finally {
      this.#isLeasing = false
    }
    this.#settle()
  }

  #notHeld(id: number, error: unknown): void {
    this.#holds.get(id)?.notHeld(error)
    this.#end(id)
  }

  #end(id: number): void {
    const hold = this.#holds.get(id)
    if (hold === undefined) return
    this.#holds.delete(id)
    this.#parking--
    if (hold.isFirm) this.#firm--
    if (this.#parking > 0 || this.#isLeasing) return
    this.#makeAll(0)
    this.#settle()
  }

  readonly #writer: HoldWriter<S> = {
    key: this.key,
    value: () => this.value,
    version: () => this.version,
    changeTo: (next) => this.#changeTo(next),
    send: (id, { next, patches }) => {
      const seq = ++this.#seq
      this.ports.send(['commit', this.#epoch, seq, id, patches, this.ports.tag(false)], next)
      return seq
    },
    release: (id) => {
      this.ports.send(['release', id])
      this.#end(id)
    },
  }
}
