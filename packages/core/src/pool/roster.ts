import { nobody, type Turn } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import { MemberIdentity } from '../members/identity'
import type { Member } from '../members/member'
import type { Started } from '../work/worker'
import type { Listeners } from './listeners'
import { type AddressPorts, MemberAddresses } from './member-addresses'
import type { Supervision } from './ports'
import type { Slot } from './slot'
import { Slots } from './slots'
import { StartLoop, type StartPorts } from './start-loop'
import { Start, type Starts } from './starts'
import type { Status } from './status'

/** What the roster needs of the pool. */
export interface RosterPorts extends StartPorts, AddressPorts {
  readonly turn: Turn
  readonly status: Status
  readonly listeners: Listeners
  readonly supervision: Supervision
  readonly starts: Starts
  /** Makes a member with its worker. */
  newMember(info: MemberInfo): Member
  readonly directMessages: {
    /** Sends a member what was broadcast before it was there. */
    welcome(member: Member): void
    continueWith(member: Member, argument: unknown): void
  }
  /** A member can work. */
  memberReady(): void
  /** A member that had begun has ended: releases what its `init` opened. */
  release(member: Member, reason: unknown): void
  /** Whether a member that cannot be started may be left out. */
  canSpare(): boolean
  readonly lifecycle: { giveUp(error: unknown, why: string): void }
}

/** Reasons to end that are no faults. */
const NO_FAULT = new Set<unknown>(['normal', 'shutdown', 'resized', 'recycled', 'reset', 'stuck'])

/** The members of a pool: starts them, replaces those that end, and gives the pool up if that fails too often. */
export class Roster {
  readonly slots: Slots
  readonly #addresses: MemberAddresses
  /** Members whose start failed. nact calls `afterStop` for them too. */
  readonly #undecided = new WeakSet<Member>()
  #resizing = false
  /** The number of members that have not ended. */
  #present = 0
  /** The number of members that have begun and have not ended. */
  #working = 0
  /** Whether a start has failed since the last success. */
  #hasFailed = false

  constructor(private readonly kernel: RosterPorts) {
    this.#addresses = new MemberAddresses(kernel)
    this.slots = new Slots(() => new StartLoop(kernel.supervision.startCounter(), kernel))
  }

  /** The target number of members. */
  get size(): number {
    return this.slots.wanted
  }

  /** The members that have not ended, by slot. */
  get members(): readonly Member[] {
    return this.slots.all.flatMap((slot) => (slot.member === null ? [] : [slot.member]))
  }

  get isEmpty(): boolean {
    return this.#present === 0
  }

  /** Whether there is a member that has begun. */
  get hasWorkers(): boolean {
    return this.#working > 0
  }

  /** A member as its handlers see it. */
  identify(slot: number, incarnation: number): MemberInfo {
    return new MemberIdentity(slot, incarnation, (identity) => this.#addressOf(identity))
  }

  /** The member's address, or `nobody` once it has ended. */
  #addressOf(info: MemberInfo): unknown {
    const member = this.slots.all[info.slot - 1]?.member
    return member?.info === info ? this.#addresses.of(member) : nobody
  }

  // --- size ---

  /** Changes the number of members. New ones start at once; surplus ones, the last first, end after their current message. */
  resize(size: number): void {
    this.#changeSize(() => {
      this.slots.growTo(size)
      this.#resizing = true
      for (const slot of this.slots.all) this.#setWanted(slot, slot.number <= size)
      this.#resizing = false
      this.#checkNotEmpty()
    })
  }

  /** Starts one more member. */
  grow(): void {
    this.#changeSize(() => {
      const slot = this.slots.free()
      slot.ignored = false
      this.#setWanted(slot, true)
    })
  }

  /** Ends `count` members without replacing them: idle ones first, busy ones after their current message. */
  shrink(count: number): void {
    if (count > 0) this.#changeSize(() => this.slots.surplus(count).forEach((slot) => this.#setWanted(slot, false)))
  }

  /** Ends one member without replacing it. */
  dismiss(member: Member): void {
    const slot = this.#slotOf(member)
    if (slot !== undefined) this.#changeSize(() => this.#setWanted(slot, false))
  }

  /** Replaces all, so that each makes its state anew. */
  reset(): void {
    for (const member of this.members) member.leave('reset')
  }

  /** Ends all, and starts none in their place. */
  shutDown(reason: unknown): void {
    for (const slot of this.slots.all) {
      this.slots.setWanted(slot, false)
      slot.starts.cancel()
      slot.member?.shutDown(reason)
    }
  }

  #setWanted(slot: Slot, wanted: boolean): void {
    this.slots.setWanted(slot, wanted)
    if (wanted) return this.#fill(slot)
    slot.starts.cancel()
    slot.member?.leave('resized')
  }

  #changeSize(change: () => void): void {
    const from = this.size
    change()
    if (from === this.size) return
    for (const listener of this.kernel.listeners.sizeChanged) listener.sizeChanged(from, this.size)
  }

  #slotOf(member: Member): Slot | undefined {
    const slot = this.slots.all[member.info.slot - 1]
    return slot?.member === member ? slot : undefined
  }

  // --- start ---

  #fill(slot: Slot): void {
    if (slot.member !== null || slot.starts.waits || this.kernel.status.stopping) return
    slot.incarnation++
    const member = this.kernel.newMember(this.identify(slot.number, slot.incarnation))
    slot.member = member
    this.#present++
    this.kernel.directMessages.welcome(member)
    slot.start = new Start({
      info: member.info,
      make: () => member.start(),
      done: (started) => this.#started(slot, member, started as Started),
      failed: (error) => this.#failed(slot, member, error),
      late: (started) => this.#startedTooLate(member, started as Started),
    })
    this.kernel.starts.begin(slot.start)
  }

  #started(slot: Slot, member: Member, { kind, reason }: Started): void {
    slot.start = null
    if (kind === 'refuse') return this.kernel.lifecycle.giveUp(reason, 'its init refused to start')
    if (kind === 'ignore') return this.#leaveOut(slot, member)
    if (kind === 'continue') this.kernel.directMessages.continueWith(member, reason)
    this.#forgetFailures()
    this.#working++
    member.begin()
    for (const listener of this.kernel.listeners.memberStarted) listener.memberStarted(member)
    this.kernel.memberReady()
  }

  /** Starts work again: no slot's failures count any more. */
  #forgetFailures(): void {
    if (!this.#hasFailed) return
    this.#hasFailed = false
    for (const { starts } of this.slots.all) starts.succeeded()
  }

  /** It was given up before its `init` was done: what that has opened is released. */
  #startedTooLate(member: Member, { kind }: Started): void {
    if (kind !== 'ready' && kind !== 'continue') return
    this.kernel.release(member, member.leaving === null ? 'startTimeout' : member.leaving.reason)
  }

  #failed(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.#undecided.add(member)
    const seekWork = (): void => this.#startedWithoutState(slot, member, error)
    const leave = (): void => this.#tryAgain(slot, member, error)
    this.kernel.supervision.startFailed({ seekWork, leave }, error)
  }

  #startedWithoutState(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    slot.starts.gaveUp(member.info, error)
    this.#started(slot, member, { kind: 'ready', reason: undefined })
  }

  #tryAgain(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.#discard(slot, member)
    this.#hasFailed = true
    if (slot.starts.failed(member.info, error, () => this.#fill(slot))) return
    if (this.#canSpare(slot)) return
    this.kernel.lifecycle.giveUp(error, `its init failed ${slot.starts.failures} times in a row`)
  }

  /** A pool that has other members, and enough of them, goes on without this one. */
  #canSpare(slot: Slot): boolean {
    if (!this.members.some(({ hasBegun }) => hasBegun) || !this.kernel.canSpare()) return false
    this.#changeSize(() => this.#setWanted(slot, false))
    slot.starts.succeeded()
    return true
  }

  /** It never started: no `terminate`, and messages sent to it are lost. */
  #discard(slot: Slot, member: Member): void {
    this.#vacate(slot)
    member.discard()
    this.#addresses.stop(member)
  }

  #leaveOut(slot: Slot, member: Member): void {
    slot.ignored = true
    this.#discard(slot, member)
    this.#checkNotEmpty()
  }

  /** A pool in which `init` wants no member would keep its callers waiting for ever. */
  #checkNotEmpty(): void {
    if (!this.#resizing && this.slots.allIgnored) this.kernel.lifecycle.giveUp('ignore', 'its init wants no member')
  }

  // --- end ---

  /** A member ended. Another takes its slot, unless it is not wanted any more. */
  ended(member: Member, reason: unknown): void {
    const slot = this.#slotOf(member)
    if (slot === undefined) return
    this.#vacate(slot)
    if (member.hasBegun) this.#working--
    for (const listener of this.kernel.listeners.memberEnded) listener.memberEnded(member, reason)
    if (member.hasBegun || this.#undecided.has(member)) this.kernel.release(member, reason)
    this.#addresses.stop(member)
    if (this.kernel.status.stopping || !slot.wanted) return
    const why = NO_FAULT.has(reason) ? null : this.kernel.supervision.overTheLimit(this.kernel.turn.now())
    if (why === null) this.#fill(slot)
    else this.kernel.lifecycle.giveUp(reason, why)
  }

  #vacate(slot: Slot): void {
    slot.member = null
    this.#present--
    // Its init may still be at work.
    if (slot.start !== null) this.kernel.starts.giveUp(slot.start)
    slot.start = null
  }
}
