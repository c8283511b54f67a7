import { wrongArgument } from '@genpool/runtime'
import type { Patch } from 'immer'
import type { Cell, Hold, Recipe } from '../cells/cell'
import { checkPorts } from '../cells/check-ports'
import { checkVersion } from '../cells/check-version'
import { diff } from '../cells/diff'
import { frozen } from '../cells/frozen'
import type { MaybePromise } from '../cells/maybe-promise'
import { mustBeState } from '../cells/must-be-state'
import { frozenState, produceWithPatches } from '../cells/produce'
import { type CellKey, InvalidError } from '../errors'
import { applied } from './applied'
import { asElsewhere, crossing } from './crossing'
import { Entries } from './entries'
import { type Change, Entry } from './entry'
import { mustHaveNoProtoName } from '../cells/proto-name'
import { ReplicaHolds } from './replica-holds'
import type { OwnerMessage, Refused, ReplicaMessage } from './replica-messages'
import type { ReplicaPorts } from './replica-ports'
import { ReplicaTurn } from './replica-turn'

/** After so many losses a replica takes the cell, so that it always ends. */
const PATIENCE = 3

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
  #lastId = 0
  readonly #entries: Entries<S>
  /** Until they are released, entries without a hold wait. */
  readonly #holds: ReplicaHolds<S>
  readonly #turn: ReplicaTurn
  #isLeasing = false
  /** The patches of the value that was made last, which may be committed as it is. */
  #made: (Change<S> & { readonly base: unknown }) | null = null

  constructor(
    readonly key: CellKey,
    private readonly ports: ReplicaPorts<S>,
  ) {
    checkPorts('ReplicaCell', ports, ['send', 'tag'])
    const nextId = (): number => ++this.#lastId
    const send = (message: ReplicaMessage): void => ports.send(message)
    const value = (): S => this.value
    this.#entries = new Entries<S>(key, {
      value,
      send: (change, tag, hold) => this.#send(change, tag, hold),
      lost: (tag) => ports.lost?.(tag),
    })
    this.#holds = new ReplicaHolds<S>(nextId, {
      key,
      value,
      version: () => this.version,
      changeTo: (next) => this.#changeTo(next),
      commit: (change, hold) => this.#send(change, this.ports.tag(false), hold),
      send,
      ended: () => this.#makeWhatWaits(),
    })
    this.#turn = new ReplicaTurn({ nextId, send, rests: () => ports.rests === true })
  }

  /** The latest committed value that is known here. */
  get value(): S {
    return this.#value as S
  }

  /** Whether commits are under way: what a handler reads now may be older than what it would read then. */
  get isCommitting(): boolean {
    return this.#entries.size > 0
  }

  /** Whether it has the cell for itself, or waits for that. */
  get isHolding(): boolean {
    return this.#holds.isAny
  }

  /** Whether what waits here waits for the commits of other replicas. */
  get awaitsTurn(): boolean {
    return this.#turn.isAwaited
  }

  /** Whether another replica waits for the turn that this one has. */
  get isWanted(): boolean {
    return this.#turn.isWanted
  }

  update(recipe: Recipe<S>): MaybePromise<S> {
    const entry = new Entry<S>(recipe, this.ports.tag(false))
    this.#entries.add(entry)
    this.#makeWhatWaits()
    return entry.promise as Promise<S>
  }

  /** Makes a value with a recipe, to be committed by `compareAndSet` with no comparison of the values. */
  produce(recipe: Recipe<S>): S {
    const base = this.value
    const [made, patches] = produceWithPatches(this.key, base, recipe)
    const next = asElsewhere(base, made, patches)
    this.#made = { base, next, patches }
    return next
  }

  compareAndSet(version: number, next: S): MaybePromise<boolean> {
    if (version !== this.version) checkVersion('compareAndSet', version)
    if (this.#entries.size === 0 && version !== this.version) return false
    const change = this.#changeTo(next)
    if (change === null) return true
    const entry = new Entry<S>(null, this.ports.tag(true))
    // What is under way changes the version, most likely.
    if (this.#entries.size > 0 || this.#holds.isAny) this.#entries.addLost(entry)
    else this.#entries.set(entry, change)
    this.#entries.settle()
    return entry.promise as Promise<boolean>
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
    return patches.length === 0 ? null : { next: asElsewhere(this.value, next, patches), patches }
  }

  hold(): Promise<Hold<S>> {
    return this.#holds.take()
  }

  watch(): never {
    throw new Error('a replica is not watched: watch the cell where it is')
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    checkVersion('patchesSince', version)
    return version === this.version ? [] : undefined
  }

  /**
   * Nothing more is committed here before the owner has said something: the turn of this replica may end.
   *
   * @param most how many commits it may make in one turn while others wait
   */
  rest(most: number): void {
    this.#turn.rest(this.isCommitting, most)
  }

  // --- what the owner says ---

  /**
   * Takes a message in. One that came before does nothing.
   *
   * @throws {InvalidError} if one before it is missing, so that its patches are for another value; {OptionsError} if it is none of a
   *   session. The value stays
   */
  receive(message: OwnerMessage<S>): void {
    if (!Array.isArray(message)) throw wrongMessage(message)
    switch (message[0]) {
      case 'value':
        if (message[1] > this.#epoch) this.#moved(message[1], message[2], frozen(message[3]))
        return
      case 'patches':
        if (this.#isNext(message[1])) this.#moved(message[1], message[2], applied(this.#value as S, message[3]))
        return
      case 'committed':
        return this.#committed(message[1], message[2])
      case 'refused':
        if (this.#isNext(message[1])) this.#refused(message[1], message[2])
        return
      case 'held':
        return this.#turn.granted(message[1]) ? this.#turnBegins() : this.#holds.granted(message[1])
      case 'wanted':
        return this.#turn.wanted(message[1])
      case 'notHeld':
        return this.#holds.notHeld(message[1], message[2])
      default:
        throw wrongMessage(message)
    }
  }

  /** Each message that begins an epoch begins the next one. Returns false for one that came before. */
  #isNext(epoch: number): boolean {
    if (epoch <= this.#epoch) return false
    if (epoch === this.#epoch + 1) return true
    const message =
      `it begins epoch ${epoch}, and epoch ${this.#epoch} was the last: a message before it is missing. The channel to a replica has to ` +
      'keep the order, and to lose nothing. Make another replica, with a session of its own'
    throw new InvalidError(`message to a replica of cell "${this.key}"`, [{ path: [], message }])
  }

  /** Others have committed: what is not confirmed is made again. */
  #moved(epoch: number, version: number, value: S): void {
    this.#epoch = epoch
    this.version = version
    this.#value = value
    this.#holds.lost()
    this.#turn.moved(this.#entries.lose())
    this.#again()
  }

  #committed(seq: number, version: number): void {
    const confirmed = (next: S): void => {
      this.#value = next
      this.version = version
    }
    this.#holds.committed(seq, confirmed)
    this.#entries.confirm(seq, confirmed)
  }

  #refused(epoch: number, all: readonly Refused[]): void {
    this.#epoch = epoch
    for (const [seq, error] of all) {
      this.#holds.refused(seq, error)
      this.#entries.refuse(seq, error)
    }
    this.#again()
  }

  // --- commits ---

  /** Makes all entries on the value that is here now. */
  #again(): void {
    this.#entries.void()
    if (!this.#holds.isAny && this.#entries.hasLost(PATIENCE)) void this.#lease()
    else this.#makeWhatWaits()
  }

  /** Sends what waits, as soon as it may. */
  #makeWhatWaits(): void {
    if (this.#entries.isWaiting && !this.#holds.isAny && this.#turn.take()) {
      this.#entries.make(0)
      this.#turn.sent()
    }
    this.#entries.settle()
  }

  #turnBegins(): void {
    // Who holds the cell needs no turn, and what waits here waits for the end of that.
    if (this.#holds.isAny) return this.#turn.give()
    this.#entries.make(0)
    this.#turn.sent()
    this.#entries.settle()
  }

  #send({ next, patches }: Change<S>, tag: unknown, hold: number): number {
    const seq = ++this.#seq
    this.#turn.made()
    this.ports.send(['commit', this.#epoch, seq, hold, crossing(patches, next), tag], next)
    return seq
  }

  /** Takes the cell, so that what waits here comes first once. */
  async #lease(): Promise<void> {
    if (this.#isLeasing) return
    this.#isLeasing = true
    try {
      const hold = await this.#holds.take()
      this.#entries.make(hold.id)
      hold.release()
    } catch (error) {
      this.#entries.fail(error)
    } finally {
      this.#isLeasing = false
    }
    this.#entries.settle()
  }
}

function wrongMessage(message: unknown): Error {
  return wrongArgument({ of: 'a replica', argument: 'message', expected: 'what its session sent' }, message)
}
