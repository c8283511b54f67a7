import { nobody, type Turn } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import { eventually } from '../behaviours/eventually'
import { MemberIdentity } from '../members/identity'
import type { Member } from '../members/member'
import type { Started } from '../work/worker'
import type { Listeners } from './listeners'
import type { Supervision } from './ports'
import { Slot } from './slot'
import { StartLoop, type StartPorts } from './start-loop'
import type { Status } from './status'

/** What the roster needs of the pool. */
export interface RosterPorts extends StartPorts {
  readonly turn: Turn
  readonly status: Status
  readonly listeners: Listeners
  readonly supervision: Supervision
  /** Makes a member with its worker. */
  newMember(info: MemberInfo): Member
  /** Makes the address of a member. */
  addressFor(member: Member): { readonly reference: unknown; stop(): void }
  /** Sends a member what was broadcast before it was there. */
  welcome(member: Member): void
  continueWith(member: Member, argument: unknown): void
  /** A member can work. */
  memberReady(): void
  /** A member that had begun has ended: releases what its `init` opened. */
  release(member: Member, reason: unknown): void
  /** Whether a member that cannot be started may be left out. */
  canSpare(): boolean
  giveUp(error: unknown, why: string): void
}

/** Reasons to end that are no faults. */
const NO_FAULT = new Set<unknown>(['normal', 'shutdown', 'resized', 'recycled', 'reset', 'stuck'])

/** The members of a pool: starts them, replaces those that end, and gives the pool up if that fails too often. */
export class Roster {
  readonly #slots: Slot[] = []
  readonly #addresses = new Map<Member, { readonly reference: unknown; stop(): void }>()
  #resizing = false
  /** The target number of members. */
  size = 0
  /** The number of members that have not ended. */
  #present = 0
  /** Whether a start has failed since the last success. */
  #hasFailed = false
  /** No slot before this one is free. */
  #firstFree = 0

  constructor(private readonly pool: RosterPorts) {}

  /** The members that have not ended, by slot. */
  get members(): readonly Member[] {
    return this.#slots.flatMap((slot) => (slot.member === null ? [] : [slot.member]))
  }

  get isEmpty(): boolean {
    return this.#present === 0
  }

  /** How many members are starting, or wait for another try. */
  get starting(): number {
    return this.#slots.reduce((count, slot) => (slot.isStarting ? count + 1 : count), 0)
  }

  /** The most starts that failed in a row in one slot. */
  get failedStarts(): number {
    return this.#slots.reduce((most, { wanted, starts }) => (wanted ? Math.max(most, starts.failures) : most), 0)
  }

  /** How many members were replaced. */
  get restarts(): number {
    return this.#slots.reduce((sum, { incarnation }) => sum + Math.max(0, incarnation - 1), 0)
  }

  /** A member as its handlers see it. */
  identify(slot: number, incarnation: number): MemberInfo {
    return new MemberIdentity(slot, incarnation, (identity) => this.#addressOf(identity))
  }

  /** The member's address, or `nobody` once it has ended. */
  #addressOf(info: MemberInfo): unknown {
    const member = this.#slots[info.slot - 1]?.member
    if (member?.info !== info) return nobody
    let address = this.#addresses.get(member)
    if (address === undefined) this.#addresses.set(member, (address = this.pool.addressFor(member)))
    return address.reference
  }

  // --- size ---

  /** Changes the number of members. New ones start at once; surplus ones, the last first, end after their current message. */
  resize(size: number): void {
    this.#changeSize(() => {
      while (this.#slots.length < size) this.#addSlot()
      this.#resizing = true
      for (const slot of this.#slots) this.#setWanted(slot, slot.number <= size)
      this.#resizing = false
      this.#checkNotEmpty()
    })
  }

  /** Starts one more member. */
  grow(): void {
    this.#changeSize(() => {
      const slot = this.#freeSlot()
      slot.ignored = false
      this.#setWanted(slot, true)
    })
  }

  /** Ends `count` members without replacing them: idle ones first, busy ones after their current message. */
  shrink(count: number): void {
    if (count <= 0) return
    const wanted = this.#slots.filter((slot) => slot.wanted)
    const idle = wanted.filter((slot) => slot.member?.status === 'idle')
    const others = wanted.filter((slot) => slot.member?.status !== 'idle')
    // The last ones first, so that low numbers stay.
    const surplus = [...idle.reverse(), ...others.reverse()].slice(0, count)
    this.#changeSize(() => surplus.forEach((slot) => this.#setWanted(slot, false)))
  }

  /** Ends one member without replacing it. */
  dismiss(member: Member): void {
    const slot = this.#slotOf(member)
    if (slot !== undefined) this.#changeSize(() => this.#setWanted(slot, false))
  }

  /** Ends all, and starts none in their place. */
  shutDown(reason: unknown): void {
    this.size = 0
    for (const slot of this.#slots) {
      slot.wanted = false
      slot.starts.cancel()
      slot.member?.shutDown(reason)
    }
  }

  #freeSlot(): Slot {
    while (this.#slots[this.#firstFree]?.wanted === true) this.#firstFree++
    return this.#slots[this.#firstFree] ?? this.#addSlot()
  }

  #addSlot(): Slot {
    const starts = new StartLoop(this.pool.supervision.startCounter(), this.pool)
    const slot = new Slot(this.#slots.length + 1, starts)
    this.#slots.push(slot)
    return slot
  }

  #setWanted(slot: Slot, wanted: boolean): void {
    if (slot.wanted !== wanted) this.size += wanted ? 1 : -1
    slot.wanted = wanted
    if (wanted) return this.#fill(slot)
    this.#firstFree = Math.min(this.#firstFree, slot.number - 1)
    slot.starts.cancel()
    slot.member?.leave('resized')
  }

  #changeSize(change: () => void): void {
    const from = this.size
    change()
    if (from === this.size) return
    for (const listener of this.pool.listeners.sizeChanged) listener.sizeChanged(from, this.size)
  }

  #slotOf(member: Member): Slot | undefined {
    const slot = this.#slots[member.info.slot - 1]
    return slot?.member === member ? slot : undefined
  }

  // --- start ---

  #fill(slot: Slot): void {
    if (slot.member !== null || slot.starts.waits) return
    slot.incarnation++
    const member = this.pool.newMember(this.identify(slot.number, slot.incarnation))
    slot.member = member
    this.#present++
    this.pool.welcome(member)
    eventually(
      () => member.start(),
      (started) => this.#started(slot, member, started as Started),
      (error) => this.#failed(slot, member, error),
    )
  }

  #started(slot: Slot, member: Member, { kind, reason }: Started): void {
    if (slot.member !== member) return this.#startedTooLate(member, kind)
    if (kind === 'refuse') return this.pool.giveUp(reason, 'its init refused to start')
    if (kind === 'ignore') return this.#leaveOut(slot, member)
    if (kind === 'continue') this.pool.continueWith(member, reason)
    this.#forgetFailures()
    member.begin()
    for (const listener of this.pool.listeners.memberStarted) listener.memberStarted(member)
    this.pool.memberReady()
  }

  /** A start that succeeds says that starts work: no slot's failures count any more. */
  #forgetFailures(): void {
    if (!this.#hasFailed) return
    this.#hasFailed = false
    for (const { starts } of this.#slots) starts.succeeded()
  }

  /** It was given up before its `init` was done: what that has opened is released. */
  #startedTooLate(member: Member, kind: Started['kind']): void {
    if (kind === 'ready' || kind === 'continue') this.pool.release(member, member.leaving?.reason)
  }

  #failed(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.#discard(slot, member)
    this.#hasFailed = true
    if (slot.starts.failed(member.info, error, () => this.#fill(slot))) return
    if (this.#canSpare(slot)) return
    this.pool.giveUp(error, `its init failed ${slot.starts.failures} times in a row`)
  }

  /** A pool that has other members, and enough of them, goes on without this one. */
  #canSpare(slot: Slot): boolean {
    if (!this.members.some(({ hasBegun }) => hasBegun) || !this.pool.canSpare()) return false
    this.#changeSize(() => this.#setWanted(slot, false))
    slot.starts.succeeded()
    return true
  }

  /** It never started: no `terminate`, and messages sent to it are lost. */
  #discard(slot: Slot, member: Member): void {
    this.#vacate(slot)
    member.discard()
    this.#stopAddress(member)
  }

  #leaveOut(slot: Slot, member: Member): void {
    slot.ignored = true
    this.#discard(slot, member)
    this.#checkNotEmpty()
  }

  /** A pool in which `init` wants no member would keep its callers waiting for ever. */
  #checkNotEmpty(): void {
    if (this.#resizing || this.#slots.some((slot) => slot.wanted && !slot.ignored)) return
    if (this.size > 0) this.pool.giveUp('ignore', 'its init wants no member')
  }

  // --- end ---

  /** A member ended. Another takes its slot, unless it is not wanted any more. */
  ended(member: Member, reason: unknown): void {
    const slot = this.#slotOf(member)
    if (slot === undefined) return
    this.#vacate(slot)
    for (const listener of this.pool.listeners.memberEnded) listener.memberEnded(member, reason)
    if (member.hasBegun) this.pool.release(member, reason)
    this.#stopAddress(member)
    if (this.pool.status.stopping || !slot.wanted) return
    const why = NO_FAULT.has(reason) ? null : this.pool.supervision.overTheLimit(this.pool.turn.now())
    if (why === null) this.#fill(slot)
    else this.pool.giveUp(reason, why)
  }

  #vacate(slot: Slot): void {
    slot.member = null
    this.#present--
  }

  #stopAddress(member: Member): void {
    this.#addresses.get(member)?.stop()
    this.#addresses.delete(member)
  }
}
