import { type Nanos, nobody, NS_PER_MS, type Timer } from '@genpool/runtime'
import { InitStep } from '../behaviours/behaviour'
import type { MemberInfo } from '../behaviours/context'
import { RestartIntensity } from '../supervision/restart-intensity'
import { StartAttempts } from '../supervision/start-attempts'
import { initFailed, memberStopped, sizeChanged } from '../telemetry/channels'
import { msBetween, ofMember, ofPool } from '../telemetry/payloads'
import { isThenable } from './handler-results'
import { Member } from './member'
import { MemberActor } from './member-actor'
import type { Pool } from './pool'

/** The place of one member; outlives those who take it. */
interface Slot {
  readonly number: number
  member: Member | null
  incarnation: number
  /** Set while it waits for its next try to start. */
  retry: Timer | null
  /** Whether somebody is to be here. */
  wanted: boolean
  /** Whether `init` wants nobody here. */
  ignored: boolean
  /** Counts for itself: members that fail together have failed once each. */
  readonly starts: StartAttempts
}

/** Reasons to end that are no faults. */
const NORMAL = new Set<unknown>(['normal', 'shutdown', 'resized', 'recycled', 'reset', 'stuck'])

/** Who is in the pool: starts members, replaces those that end, and knows when to give up. */
export class Roster {
  readonly #slots: Slot[] = []
  #resizing = false
  readonly #restarts: RestartIntensity

  constructor(private readonly pool: Pool) {
    this.#restarts = new RestartIntensity(this.#limits())
  }

  /** The members that have not ended, by slot. */
  get members(): readonly Member[] {
    return this.#slots.flatMap((slot) => (slot.member === null ? [] : [slot.member]))
  }

  /** How many members there are to be. */
  get size(): number {
    return this.#slots.reduce((count, slot) => (slot.wanted ? count + 1 : count), 0)
  }

  /** How many members are starting, or wait for another try to start. */
  get starting(): number {
    return this.#slots.filter((slot) => slot.wanted && !slot.ignored && slot.member?.hasBegun !== true).length
  }

  /** How many starts have failed in a row, at most. */
  get failedStarts(): number {
    return Math.max(0, ...this.#slots.filter(({ wanted }) => wanted).map(({ starts }) => starts.failures))
  }

  get restarts(): number {
    return this.#slots.reduce((sum, slot) => sum + Math.max(0, slot.incarnation - 1), 0)
  }

  /** The address of the member that `info` tells of; of one that has ended, an address that nobody answers. */
  addressOf(info: MemberInfo): unknown {
    const member = this.#slots[info.slot - 1]?.member
    if (member?.info !== info) return nobody
    member.address ??= new MemberActor(member)
    return member.address.reference
  }

  /** Makes it so many members: starts new ones, or lets the last ones end when their work is done, idle ones first. */
  resize(size: number): void {
    this.#changeSize(() => this.#resize(size))
  }

  #resize(size: number): void {
    while (this.#slots.length < size) this.#addSlot()
    for (const slot of this.#slots) slot.wanted = slot.number <= size
    this.#resizing = true
    for (const slot of this.#slots) {
      if (slot.wanted) this.#fill(slot)
      else this.#empty(slot, 'resized')
    }
    this.#resizing = false
    this.#checkNotEmpty()
  }

  /** Starts one member more. */
  grow(): void {
    this.#changeSize(() => this.#grow())
  }

  #grow(): void {
    const slot = this.#slots.find(({ wanted }) => !wanted) ?? this.#addSlot()
    slot.wanted = true
    slot.ignored = false
    this.#fill(slot)
  }

  /** Lets so many members end, idle ones first; busy ones when their work is done. */
  shrink(count: number): void {
    if (count <= 0) return
    const wanted = this.#slots.filter((slot) => slot.wanted)
    const idle = wanted.filter((slot) => slot.member?.status === 'idle')
    const others = wanted.filter((slot) => slot.member?.status !== 'idle')
    // The last ones first, so that low numbers stay.
    const unneeded = [...idle.reverse(), ...others.reverse()].slice(0, count)
    this.#changeSize(() => unneeded.forEach((slot) => this.#giveUpSlot(slot)))
  }

  /** Lets one member end that nobody is to follow. */
  dismiss(member: Member): void {
    const slot = this.#slots[member.info.slot - 1]
    if (slot !== undefined && slot.member === member) this.#changeSize(() => this.#giveUpSlot(slot))
  }

  /** Limits may have been changed. */
  configure(recycling: boolean): void {
    this.#restarts.limits = this.#limits()
    if (recycling) for (const member of this.members) this.#limitLife(member)
  }

  /** A member ended; somebody else takes its slot, unless it is not needed any more. */
  ended(member: Member, reason: unknown): void {
    const slot = this.#slots[member.info.slot - 1]
    if (slot === undefined || slot.member !== member) return
    slot.member = null
    this.pool.concurrency?.ended(member)
    if (memberStopped.hasSubscribers && member.hasBegun) {
      const ageMs = msBetween(member.bornAt, this.pool.turn.now())
      memberStopped.publish({ ...ofMember(member), reason, handled: member.handled, ageMs })
    }
    if (member.hasBegun) this.pool.lifecycle.memberEnded(member, reason)
    member.address?.stop()
    if (this.pool.lifecycle.stopping || !slot.wanted) return
    if (!NORMAL.has(reason) && !this.#restarts.record(this.pool.turn.now())) {
      const { intensity, within } = this.pool.options.restart
      this.pool.lifecycle.giveUp(reason, `more than ${intensity} members crashed within ${within} ms`)
      return
    }
    this.#fill(slot)
  }

  /** Ends all, and starts none in their place. */
  shutDown(reason: unknown): void {
    for (const slot of this.#slots) {
      slot.wanted = false
      slot.retry?.cancel()
      slot.retry = null
      slot.member?.shutDown(reason)
    }
  }

  #limits(): { intensity: number; within: Nanos } {
    const { intensity, within } = this.pool.options.restart
    return { intensity, within: within * NS_PER_MS }
  }

  #addSlot(): Slot {
    const slot: Slot = {
      number: this.#slots.length + 1,
      member: null,
      incarnation: 0,
      retry: null,
      wanted: false,
      ignored: false,
      starts: new StartAttempts(),
    }
    this.#slots.push(slot)
    return slot
  }

  #giveUpSlot(slot: Slot): void {
    slot.wanted = false
    this.#empty(slot, 'resized')
  }

  #empty(slot: Slot, reason: unknown): void {
    slot.retry?.cancel()
    slot.retry = null
    slot.member?.leave(reason)
  }

  #fill(slot: Slot): void {
    if (slot.member !== null || slot.retry !== null) return
    slot.incarnation++
    const member = new Member(this.pool, this.pool.infoOf(slot.number, slot.incarnation), this.pool.turn.now())
    slot.member = member
    this.#limitLife(member)
    this.pool.intake.welcome(member)
    if (this.pool.cell === undefined) return this.#init(slot, member)
    member.cell = this.pool.cell
    member.begin()
  }

  /** Has the member replaced after so many messages or so long; not all at the same time. */
  #limitLife(member: Member): void {
    const { afterMessages, afterMs, jitter } = this.pool.options.recycle
    const share = 1 - jitter * this.pool.options.random()
    member.recycleAfter = Math.max(1, Math.round(afterMessages * share))
    member.retireAt?.cancel()
    member.retireAt = null
    if (afterMs === Infinity) return
    const age = (this.pool.turn.now() - member.bornAt) / NS_PER_MS
    member.retireAt = this.pool.lifecycle.after(Math.max(0, afterMs * share - age), () => member.leave('recycled'))
  }

  #init(slot: Slot, member: Member): void {
    eventually(
      () => this.pool.lifecycle.initialise(member),
      (state) => this.#started(slot, member, state),
      (error) => this.#failed(slot, member, error),
    )
  }

  #started(slot: Slot, member: Member, state: unknown): void {
    if (slot.member !== member) return this.#startedTooLate(member, state)
    if (state instanceof InitStep) {
      if (state.kind === 'refuse') return this.pool.lifecycle.giveUp(state.reason, 'its init refused to start')
      if (state.kind === 'ignore') return this.#leaveOut(slot, member)
      if (state.kind === 'continue') this.pool.intake.continueWith(member, state.reason)
      this.pool.lifecycle.giveState(member, state.value)
    } else this.pool.lifecycle.giveState(member, state)
    for (const each of this.#slots) each.starts.succeeded()
    member.begin()
    this.pool.lifecycle.memberReady()
  }

  /** It was given up before its `init` was done: what that has opened is released. */
  #startedTooLate(member: Member, state: unknown): void {
    if (state instanceof InitStep && state.kind !== 'continue') return
    this.pool.lifecycle.giveState(member, state instanceof InitStep ? state.value : state)
    this.pool.lifecycle.memberEnded(member, member.leaving?.reason)
  }

  /** Changes how many members there are to be, and tells those who listen. */
  #changeSize(change: () => void): void {
    if (!sizeChanged.hasSubscribers) return change()
    const from = this.size
    change()
    const to = this.size
    if (from !== to) sizeChanged.publish({ ...ofPool(this.pool), from, to })
  }

  /** It never took work, so there is nothing to release; what was sent to it is lost with it. */
  #discard(slot: Slot, member: Member): void {
    slot.member = null
    member.discard()
    member.address?.stop()
  }

  /** `init` wants no member here. */
  #leaveOut(slot: Slot, member: Member): void {
    slot.ignored = true
    this.#discard(slot, member)
    this.#checkNotEmpty()
  }

  /** A pool in which `init` wants nobody would keep its callers waiting for ever. */
  #checkNotEmpty(): void {
    if (this.#resizing || this.#slots.some((slot) => slot.wanted && !slot.ignored)) return
    if (this.size > 0) this.pool.lifecycle.giveUp('ignore', 'its init wants no member')
  }

  #failed(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.#discard(slot, member)
    this.pool.door?.startFailed(error)
    const wait = slot.starts.failed(this.pool.options.restart, this.pool.options.random())
    tellInitFailed(member, error, slot.starts.failures, wait)
    if (wait === null && this.#canSpare(slot)) return
    if (wait === null)
      return this.pool.lifecycle.giveUp(error, `its init failed ${slot.starts.failures} times in a row`)
    slot.retry = this.pool.lifecycle.after(wait / NS_PER_MS, () => {
      slot.retry = null
      this.#fill(slot)
    })
  }

  /** An elastic pool that has enough members goes on without one more that cannot be started. */
  #canSpare(slot: Slot): boolean {
    if (!this.members.some((member) => member.hasBegun) || this.pool.elastic?.release() !== true) return false
    this.#changeSize(() => (slot.wanted = false))
    slot.starts.succeeded()
    return true
  }
}

/** @param wait until the next try; null if there is none */
export function tellInitFailed(member: Member, error: unknown, failures: number, wait: Nanos | null): void {
  member.pool.stats.lastInitError = error
  if (!initFailed.hasSubscribers) return
  const retryInMs = wait === null ? null : wait / NS_PER_MS
  initFailed.publish({ ...ofMember(member), error, failures, retryInMs })
}

/** Calls `make` and goes on with its result or its failure: in this turn if it is synchronous. */
export function eventually(
  make: () => unknown,
  done: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  let value: unknown
  try {
    value = make()
  } catch (error) {
    return failed(error)
  }
  if (isThenable(value)) value.then(done, failed)
  else done(value)
}
