import type { Nanos } from '@genpool/runtime'
import type { Member } from '../members/member'
import { Slot } from './slot'

/** The slots of a pool: which of them should have a member. */
export class Slots {
  all: Slot[] = []
  /** How many slots should have a member. */
  wanted = 0
  /** How many slots have a member, which has not ended. */
  occupied = 0
  /** How many of them have a member that has begun. */
  working = 0
  /** How many members were added in slots that had been given up. */
  addedAgain = 0
  /** No slot before this one is free. */
  #firstFree = 0

  /** How many members are starting, or wait for another try. */
  get starting(): number {
    return this.all.reduce((count, slot) => (slot.isStarting ? count + 1 : count), 0)
  }

  /** The most starts that failed in a row in one slot. @param works whether a member has shown that it can work */
  failedStarts(works: (member: Member) => boolean): number {
    let most = 0
    for (const { wanted, starts, member } of this.all) {
      if (!wanted || starts === null || starts.failures <= most) continue
      if (member === null || !works(member)) most = starts.failures
    }
    return most
  }

  /** How many members were replaced. */
  get restarts(): number {
    return this.all.reduce((sum, { incarnation }) => sum + Math.max(0, incarnation - 1), -this.addedAgain)
  }

  /** Whether `init` wants no member in any slot that should have one. */
  get allIgnored(): boolean {
    return this.wanted > 0 && !this.all.some(({ wanted, ignored }) => wanted && !ignored)
  }

  /** How many members have work, and how long they have been at it, on average; 0 if they have not begun. */
  inProgress(now: Nanos): { readonly busy: number; readonly meanNs: Nanos } {
    let [busy, begun, sum] = [0, 0, 0]
    for (const { member } of this.all) {
      if (member?.status !== 'busy') continue
      busy++
      const startedAt = member.hand.first?.startedAt ?? null
      if (startedAt === null) continue
      begun++
      sum += now - startedAt
    }
    return { busy, meanNs: begun === 0 ? 0 : sum / begun }
  }

  /** Makes slots until there are `count`. */
  growTo(count: number): void {
    const missing = count - this.all.length
    if (missing <= 0) return
    // Not pushed one by one: a list that grows has places to spare, and ten thousand pools of one member have one each.
    const first = this.all.length + 1
    this.all = this.all.concat(Array.from({ length: missing }, (_, i) => new Slot(first + i)))
  }

  /** The lowest slot that should have no member; a new one if there is none. */
  free(): Slot {
    while (this.all[this.#firstFree]?.wanted === true) this.#firstFree++
    return this.all[this.#firstFree] ?? this.add()
  }

  /** The slots to empty if `count` members are surplus: idle ones first, and of those the last ones, so that low numbers stay. */
  surplus(count: number): readonly Slot[] {
    const wanted = this.all.filter((slot) => slot.wanted).reverse()
    const isIdle = ({ member }: Slot): boolean => member?.status === 'idle'
    return [...wanted.filter(isIdle), ...wanted.filter((slot) => !isIdle(slot))].slice(0, count)
  }

  setWanted(slot: Slot, wanted: boolean): void {
    if (slot.wanted !== wanted) this.wanted += wanted ? 1 : -1
    slot.wanted = wanted
    if (!wanted) this.#firstFree = Math.min(this.#firstFree, slot.number - 1)
  }

  occupy(slot: Slot, member: Member): void {
    slot.member = member
    this.occupied++
  }

  /** Returns the member that had the slot; null if it was empty. */
  vacate(slot: Slot): Member | null {
    const { member } = slot
    if (member === null) return null
    slot.member = slot.start = null
    this.occupied--
    if (member.hasBegun) this.working--
    return member
  }

  private add(): Slot {
    const slot = new Slot(this.all.length + 1)
    this.all.push(slot)
    return slot
  }
}
