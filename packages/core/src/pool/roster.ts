import { nobody, type Turn } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import { MemberIdentity } from '../members/identity'
import type { Member } from '../members/member'
import type { Listeners } from './listeners'
import { type AddressPorts, MemberAddresses } from './member-addresses'
import { MemberStarts, type MemberStartsPorts, type Places } from './member-starts'
import type { Slot } from './slot'
import { Slots } from './slots'
import { StartLoop, type StartPorts } from './start-loop'
import type { Status } from './status'

/** What the roster needs of the pool. */
export interface RosterPorts extends StartPorts, AddressPorts, MemberStartsPorts {
  readonly turn: Turn
  readonly status: Status
  readonly listeners: Listeners
  readonly directMessages: AddressPorts['directMessages'] & MemberStartsPorts['directMessages']
  newMember(slot: number, incarnation: number): Member
}

/** The members of a pool: fills the slots, replaces members that end, and stops the pool if that happens too often. */
export class Roster implements Places {
  readonly slots = new Slots()
  /** Made with the first address. */
  #addresses: MemberAddresses | null = null
  readonly #starts: MemberStarts
  #resizing = false

  constructor(private readonly kernel: RosterPorts) {
    this.#starts = new MemberStarts(kernel, this)
  }

  /** The target number of members. */
  get size(): number {
    return this.slots.wanted
  }

  /** The members that have not ended, by slot. */
  get members(): readonly Member[] {
    const members: Member[] = []
    for (const { member } of this.slots.all) if (member !== null) members.push(member)
    return members
  }

  get isEmpty(): boolean {
    return this.slots.occupied === 0
  }

  /** Whether there is a member that has begun. */
  get hasWorkers(): boolean {
    return this.slots.working > 0
  }

  /** A member as its handlers see it. */
  identify(slot: number, incarnation: number): MemberInfo {
    return new MemberIdentity(slot, incarnation, this)
  }

  /** The member's address, or `nobody` once it has ended. */
  addressOf(info: MemberInfo): unknown {
    const member = this.slots.all[info.slot - 1]?.member
    if (member?.info !== info) return nobody
    this.#addresses ??= new MemberAddresses(this.kernel)
    return this.#addresses.of(member)
  }

  // --- size ---

  /** Changes the number of members. New ones start at once; surplus ones, the last first, end after their current message. */
  resize(size: number): void {
    this.changeSize(() => {
      this.slots.growTo(size)
      this.#resizing = true
      for (const slot of this.slots.all) this.setWanted(slot, slot.number <= size)
      this.#resizing = false
      this.checkNotEmpty()
    })
  }

  /** Starts one more member. */
  grow(): void {
    this.changeSize(() => {
      const slot = this.slots.free()
      slot.ignored = false
      this.setWanted(slot, true)
    })
  }

  /** Ends `count` members without replacing them: idle ones first, busy ones after their current message. */
  shrink(count: number): void {
    if (count > 0) this.changeSize(() => this.slots.surplus(count).forEach((slot) => this.setWanted(slot, false)))
  }

  /** Ends one member without replacing it. */
  dismiss(member: Member): void {
    const slot = this.slotOf(member)
    if (slot !== undefined) this.changeSize(() => this.setWanted(slot, false))
  }

  /** Replaces all, so that each makes its state anew. */
  reset(): void {
    for (const member of this.members) member.leave('reset')
  }

  /** Ends all, and starts none in their place. */
  shutDown(reason: unknown): void {
    for (const slot of this.slots.all) {
      this.slots.setWanted(slot, false)
      slot.starts?.cancel()
      slot.member?.departure.shutDown(reason)
    }
  }

  private setWanted(slot: Slot, wanted: boolean): void {
    this.slots.setWanted(slot, wanted)
    if (wanted) return this.add(slot)
    slot.starts?.cancel()
    slot.member?.leave('resized')
  }

  private add(slot: Slot): void {
    const { incarnation } = slot
    this.fill(slot)
    // The last member of this slot was surplus once: this one comes in no member's place.
    if (incarnation > 0 && slot.incarnation > incarnation) this.slots.addedAgain++
  }

  private changeSize(change: () => void): void {
    const from = this.size
    change()
    if (from === this.size) return
    for (const listener of this.kernel.listeners.sizeChanged) listener.sizeChanged(from, this.size)
  }

  private slotOf(member: Member): Slot | undefined {
    const slot = this.slots.all[member.slot - 1]
    return slot?.member === member ? slot : undefined
  }

  // --- start ---

  fill(slot: Slot): void {
    if (slot.member !== null || slot.starts?.waits === true || this.kernel.status.stopping) return
    slot.incarnation++
    const member = this.kernel.newMember(slot.number, slot.incarnation)
    this.slots.occupy(slot, member)
    this.#starts.begin(slot, member)
  }

  startsOf(slot: Slot): StartLoop {
    return (slot.starts ??= new StartLoop(this.kernel.supervision.startCounter(), this.kernel))
  }

  begun(): void {
    this.slots.working++
  }

  forgetFailures(): void {
    for (const { starts } of this.slots.all) starts?.started()
  }

  leaveEmpty(slot: Slot): void {
    this.changeSize(() => this.setWanted(slot, false))
  }

  /** It never started: no `terminate`, and messages sent to it are lost. */
  discard(slot: Slot): void {
    const member = this.vacate(slot)
    member?.departure.discard()
    if (member !== null) this.#addresses?.stop(member)
  }

  leaveOut(slot: Slot): void {
    slot.ignored = true
    this.discard(slot)
    this.checkNotEmpty()
  }

  /** A pool in which `init` wants no member would keep its callers waiting for ever. */
  private checkNotEmpty(): void {
    if (!this.#resizing && this.slots.allIgnored) this.kernel.lifecycle.giveUp(undefined, 'its init wants no member')
  }

  // --- end ---

  isNew(member: Member): boolean {
    return this.#starts.isNew(member)
  }

  /** The most starts that failed in a row in one slot. Not those before a member that has shown that it can work. */
  get failedStarts(): number {
    return this.slots.failedStarts((member) => member.hasBegun && !this.isNew(member))
  }

  /** A member that is new has died. Another start follows after a wait, as after an `init` that failed. */
  diedAtStart(member: Member, cause: unknown): void {
    const slot = this.slotOf(member)
    if (slot === undefined) return
    this.discard(slot)
    if (member.hasBegun) {
      for (const listener of this.kernel.listeners.memberEnded) listener.memberEnded(member, cause)
      this.kernel.release(member, cause)
    }
    if (!this.kernel.status.stopping && slot.wanted) this.#starts.died(slot, member, cause)
  }

  /** A member ended. Another takes its slot, if the slot should still have a member. */
  ended(member: Member, reason: unknown): void {
    const slot = this.slotOf(member)
    if (slot === undefined) return
    if (member.hasBegun && !this.isNew(member)) slot.starts?.succeeded()
    this.vacate(slot)
    for (const listener of this.kernel.listeners.memberEnded) listener.memberEnded(member, reason)
    if (this.#starts.mayHaveOpened(member)) this.kernel.release(member, reason)
    this.#addresses?.stop(member)
    if (this.kernel.status.stopping || !slot.wanted) return
    const isFault = member.leaving?.isFault === true
    const why = isFault ? this.kernel.supervision.overTheLimit(this.kernel.turn.now()) : null
    if (why === null) this.fill(slot)
    else this.kernel.lifecycle.giveUp(reason, why)
  }

  /** Returns the member that had the slot. */
  private vacate(slot: Slot): Member | null {
    // Its init may still be at work.
    if (slot.start !== null) this.kernel.starts.giveUp(slot.start)
    return this.slots.vacate(slot)
  }
}
