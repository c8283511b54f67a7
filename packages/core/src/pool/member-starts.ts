import type { Nanos, Turn } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Started } from '../work/worker'
import type { Listeners } from './listeners'
import type { Supervision } from './ports'
import type { Slot } from './slot'
import type { StartLoop } from './start-loop'
import { MISFIT, Start, type Starts } from './starts'

/** What the starts of members need of the pool. */
export interface MemberStartsPorts {
  readonly turn: Turn
  readonly listeners: Listeners
  readonly status: { readonly stopping: boolean }
  readonly supervision: Supervision
  readonly starts: Starts
  readonly directMessages: { continueWith(member: Member, argument: unknown): void }
  /** Sends a member what was broadcast before it was there. */
  welcome(member: Member): void
  /** A member that had begun has ended: releases what its `init` opened. */
  release(member: Member, reason: unknown): void
  /** Whether the work is done elsewhere, by workers that may die. */
  readonly worksAhead: boolean
  readonly population: {
    /** A member can work. */
    memberReady(): void
    /** Whether a member that cannot be started may be left out. */
    canSpare(): boolean
  }
  readonly lifecycle: { giveUp(error: unknown, why: string): void }
}

/** What the starts of members need of the roster. */
export interface Places {
  /** Whether a member has begun. */
  readonly hasWorkers: boolean
  /** A member has started, and begins. */
  begun(): void
  /** A start has succeeded: all slots count their failures from 0 again. */
  forgetFailures(): void
  /** What starts the member of this slot again. */
  startsOf(slot: Slot): StartLoop
  /** Ends the member of this slot, which has not started: no `terminate`, and messages sent to it are lost. */
  discard(slot: Slot): void
  /** Starts another member here. */
  fill(slot: Slot): void
  /** The pool goes on without a member here. */
  leaveEmpty(slot: Slot): void
  /** `init` wants no member here. */
  leaveOut(slot: Slot): void
}

/** Starts members in their slots, and carries out what follows: they work, are left out, or are tried again. */
export class MemberStarts {
  /** Members whose start failed. nact calls `afterStop` for them too. */
  #undecided: WeakSet<Member> | null = null
  /** Whether a start has failed since the last success. */
  #hasFailed = false
  /** When members have started whose workers may die, and how many messages belong to their start. */
  #begun: WeakMap<Member, { readonly at: Nanos; readonly messages: number }> | null = null

  constructor(
    private readonly kernel: MemberStartsPorts,
    private readonly places: Places,
  ) {}

  /** Starts the member of a slot. */
  begin(slot: Slot, member: Member): void {
    this.kernel.welcome(member)
    const start = new Start({
      of: member,
      make: () => member.start(),
      done: (started) => this.started(slot, member, started as Started),
      failed: (error) => this.failed(slot, member, error),
      abandoned: () => {
        const isHurried = start.timedOut || this.kernel.status.stopping
        return isHurried ? member.departure.hurry() : member.departure.unwanted()
      },
      late: (started) => this.startedTooLate(member, started as Started),
    })
    slot.start = start
    this.kernel.starts.begin(start)
  }

  /** Whether `init` may have opened something that must be released when this member ends. */
  mayHaveOpened(member: Member): boolean {
    return member.hasBegun || this.#undecided?.has(member) === true
  }

  private started(slot: Slot, member: Member, { kind, reason }: Started): void {
    slot.start = null
    if (kind === 'refuse') return this.kernel.lifecycle.giveUp(reason, 'its init refused to start')
    if (kind === 'ignore') return this.places.leaveOut(slot)
    const misfit = this.kernel.supervision.misfit()
    if (misfit !== undefined) return this.refuse(member, misfit)
    if (kind === 'continue') this.kernel.directMessages.continueWith(member, reason)
    if (this.kernel.worksAhead) this.noteBegin(member, kind === 'continue' ? 1 : 0)
    if (this.#hasFailed) this.places.forgetFailures()
    this.#hasFailed = false
    this.places.begun()
    member.begin()
    for (const listener of this.kernel.listeners.memberStarted) listener.memberStarted(member)
    this.kernel.population.memberReady()
  }

  private refuse(member: Member, misfit: Error): void {
    this.kernel.release(member, misfit)
    this.kernel.lifecycle.giveUp(misfit, MISFIT)
  }

  /** The pool no longer waited for its `init`: what that has opened is released. */
  private startedTooLate(member: Member, { kind }: Started): void {
    if (kind !== 'ready' && kind !== 'continue') return
    this.kernel.release(member, member.leaving === null ? 'startTimeout' : member.leaving.reason)
  }

  private noteBegin(member: Member, messages: number): void {
    this.#begun ??= new WeakMap()
    this.#begun.set(member, { at: this.kernel.turn.refresh(), messages })
  }

  /** Whether a member has done nothing but start, and not long ago. */
  isNew(member: Member): boolean {
    if (!member.hasBegun) return true
    const begun = this.#begun?.get(member)
    if (begun === undefined || member.handled > begun.messages) return false
    return this.kernel.supervision.isNew(this.kernel.turn.refresh() - begun.at)
  }

  /** A member has died that was new, and is gone. */
  died(slot: Slot, { info }: Member, cause: unknown): void {
    this.#hasFailed = true
    const starts = this.places.startsOf(slot)
    if (starts.died(info, cause, () => this.places.fill(slot))) return
    if (!this.goesOnWithout(slot)) this.kernel.lifecycle.giveUp(cause, starts.saysDied)
  }

  private failed(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.#undecided ??= new WeakSet()
    this.#undecided.add(member)
    const seekWork = (): void => this.startedWithoutState(slot, member, error)
    const leave = (): void => this.tryAgain(slot, member, error)
    this.kernel.supervision.startFailed({ seekWork, leave }, error)
  }

  private startedWithoutState(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.places.startsOf(slot).gaveUp(member.info, error)
    this.started(slot, member, { kind: 'ready', reason: undefined })
  }

  private tryAgain(slot: Slot, member: Member, error: unknown): void {
    if (slot.member !== member) return
    this.places.discard(slot)
    this.#hasFailed = true
    const starts = this.places.startsOf(slot)
    if (starts.failed(member.info, error, () => this.places.fill(slot))) return
    if (this.goesOnWithout(slot)) return
    this.kernel.lifecycle.giveUp(error, `its init ${starts.says}`)
  }

  /** A pool that has other members, and enough of them, goes on without this one. */
  private goesOnWithout(slot: Slot): boolean {
    if (!this.places.hasWorkers || !this.kernel.population.canSpare()) return false
    this.places.leaveEmpty(slot)
    slot.starts?.succeeded()
    return true
  }
}
