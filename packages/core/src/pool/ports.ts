import type { DropFacts, DropReason, HoldingLimit } from '@genpool/broker'
import type { Change, ConcreteActor, ConcreteSystem, GenPoolError, Nanos, Reference, Timer } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import type { MemberInfo } from '../behaviours/context'
import type { FacedActor } from '../behaviours/pool-facts'
import type { Expiry } from '../requests/expiry'
import type { Outcome } from '../requests/outcome'
import type { DropCause } from '../requests/remedies'
import type { RequestFacts } from '../requests/request-facts'

/*
 * How the kernel is told what to do, and whom it tells: the places at which policies and views attach. Policies and views may import
 * this file, requests/ and behaviours/, and nothing else of the kernel.
 */

/** What a member's own address passes on to it. */
export interface Mailbox {
  readonly name: string
  /** The member behind it. */
  readonly seat: Seat
  tell(message: unknown, sender: Reference): void
  query(message: unknown, timeout: number): Promise<unknown>
  /** The address was stopped from outside. */
  stopped(): void
}

/** The actor that stands for a pool. */
export interface Host extends FacedActor {
  readonly system: ConcreteSystem
  /** The actors that handlers have spawned, without the members' own addresses. */
  readonly spawned: readonly ConcreteActor[]
  stop(): void
  /** Reports a fault of the pool to its parent, which decides about itself. */
  escalate(error: unknown): void
  /** Makes the address of a member. */
  addressFor(mailbox: Mailbox): { readonly reference: unknown; stop(): void }
}

/** A member, as policies and views see it. */
export interface Seat {
  readonly info: MemberInfo
  readonly status: 'starting' | 'idle' | 'busy' | 'ended'
  /** Whether it has taken work. */
  readonly hasBegun: boolean
  /** How many messages it has handled. */
  readonly handled: number
  readonly bornAt: Nanos
  /** How much memory the objects of its thread take, in MB; 0 if it has no thread of its own. */
  readonly heapMb: number
  /** Set while it ends after its current message. */
  readonly leaving: { readonly reason: unknown } | null
  /** The last state that it knows of. */
  readonly state: unknown
  /** The messages in hand: of a batch, the first. */
  readonly requests: readonly RequestFacts[]
  /** Whether it holds this request, and its handler still runs as far as is known here. */
  runs(request: RequestFacts): boolean
  /** Looks for something to do, after a gate held it back or a decision was waited for. */
  seekWork(): void
  /** Takes its offer back. Returns whether it waited for a request. */
  withdraw(): boolean
  /** Gives back what it has got ahead and has not begun. Then it looks for something to do. */
  giveBackAhead(): void
  /** Ends it after what it has in hand. Another takes its slot. */
  leave(reason: unknown): void
  /** The same for a fault: that counts against the restart intensity. */
  fail(cause: unknown): void
}

/** How many requests had which outcome. Written by the pool. */
export interface Counters {
  /** How many requests have come in since the start. */
  accepted: number
  readonly outcomes: Record<Outcome, number>
}

/** Counts and measures. Always there, so that the hot path calls it without asking. */
export interface Recorder {
  readonly counters: Counters
  /** A request that was sent at `sentAt` is run now. */
  waited(sentAt: Nanos, now: Nanos): void
  /** The same of one that has waited as long as the last one. False, and nothing is counted, if it has not. */
  waitedAgain(sentAt: Nanos, now: Nanos): boolean
  /** `times` runs took `ns` each. */
  ran(ns: Nanos, now: Nanos, times: number): void
  /** How long runs took lately, on average; 0 if there were none. */
  meanRun(now: Nanos): Nanos
  failed(outcome: Outcome, now: Nanos): void
  /** `failed` of this one follows. */
  expired(where: Expiry, now: Nanos): void
  dropped(cause: DropCause, now: Nanos): void
  /** A turn of the event loop ended in which the pool had work. */
  turnEnded(lasted: Nanos, now: Nanos): void
  crashed(cause: unknown, now: Nanos): void
  /** A member that ran nothing has died. */
  died(cause: unknown, now: Nanos): void
  stuck(now: Nanos): void
  reran(now: Nanos): void
  /** @param hasDied whether its member died when it had started, or before */
  startFailed(error: unknown, hasDied: boolean): void
}

/** Why a gate does not let a request in. */
export interface Refusal {
  readonly reason: DropReason
  /** When trying again is likely to help, from now; undefined if that is not known. */
  readonly retryAfter: Nanos | undefined
}

/** May refuse a request before it reaches the broker. Messages for one member alone, and reruns after a crash, are not asked about. */
export interface Gate {
  /** Why the request is not let in; null to let it in. */
  refusal(request: RequestFacts, now: Nanos): Refusal | null
}

/** May hold members back that want work. */
export interface SeatGate {
  /** Whether a member may wait for a request now. If not, the gate calls its `seekWork` when it may. */
  mayWork(seat: Seat): boolean
  /** How many members may work at once. */
  readonly limit: number
  /** How many members it holds back. */
  readonly aside: number
}

/** Hears what happens. Each method is optional; one that is absent costs nothing. It must not throw: that would end the turn. */
export interface Listener {
  requestSettled?(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void
  /** The same for a call that shared the run of another, and that `requestSettled` has not told. No work of its own was done for it. */
  callerSettled?(call: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void
  /** The broker dropped a request, or a gate refused it. `requestSettled` follows. */
  requestDropped?(request: RequestFacts, facts: DropFacts): void
  /** A handler has said that what it calls had too many requests. `key`: what backs off; undefined for the whole pool. */
  backedOff?(
    request: RequestFacts,
    facts: { readonly ms: number; readonly key: unknown; readonly again: boolean },
  ): void
  /** A rate or a limit holds a request back. `key`: whose limit it is; undefined for a rate of all. */
  requestHeld?(request: RequestFacts, by: { readonly limit: HoldingLimit; readonly key: unknown }): void
  /** Whether it wants to hear of holds now, or how long they were. Asked often. */
  wantsHolds?(): boolean
  letterDied?(message: unknown, error: GenPoolError): void
  /** A handler is about to be called; again for each attempt. */
  handlerStarted?(seat: Seat, request: RequestFacts, now: Nanos): void
  handlerReran?(
    seat: Seat,
    request: RequestFacts,
    attempt: { readonly number: number; readonly exclusive: boolean },
  ): void
  /** A run ended and its commit is done. `runNs` is -1 if it was not measured. */
  runFinished?(seat: Seat, request: RequestFacts, runNs: Nanos): void
  /** A run ended without a commit. */
  runBroke?(seat: Seat, request: RequestFacts): void
  memberStarted?(seat: Seat): void
  memberCrashed?(seat: Seat, requests: readonly RequestFacts[], cause: unknown): void
  /** A member is replaced while its handler runs `request`, which fails right after this. */
  memberAbandoned?(seat: Seat, request: RequestFacts, cause: unknown): void
  memberEnded?(seat: Seat, reason: unknown): void
  /** An `init` failed. `retryIn`: when it is tried again; null for never. */
  startFailed?(
    info: MemberInfo,
    failure: { readonly error: unknown; readonly failures: number; readonly retryIn: Nanos | null },
  ): void
  /** A request or a member came, was matched or waits. `idle`: how many members wait, and have nothing in hand. */
  matched?(idle: number): void
  /** Commits may follow. Called once for many of them. */
  beforeCommits?(): void
  /** The shared state is there. */
  stateReady?(cell: Cell<unknown>): void
  /** A turn of the event loop ended in which the pool had work. */
  turnEnded?(now: Nanos): void
  sizeChanged?(from: number, to: number): void
  poolStarted?(): void
  /** The first member can work. */
  poolReady?(afterNs: Nanos): void
  poolDraining?(): void
  poolStopped?(cause: unknown): void
  configured?(changes: readonly Change[]): void
}

/** A policy or a view, with the methods of whatever it takes part in. */
export type Attachment = Listener & Partial<Gate> & Partial<SeatGate>

/** Where policies and views attach. */
export interface Attaching {
  attach(part: Attachment): void
  detach(part: Attachment): void
}

/** What becomes of a request whose handler crashed. `quarantine`: it fails, and goes to the dead letters. */
export type Fate = 'fail' | 'retry' | 'quarantine'

/** Counts starts that fail in a row. */
export interface StartCounter {
  readonly failures: number
  succeeded(): void
  /** When to try again, from now; null for no other try. */
  failed(): Nanos | null
}

/** A start that has failed, while supervision decides about it. */
export interface FailedStart {
  /** Goes on without a state. */
  seekWork(): void
  /** Starts again after a wait, unless it has failed too often. */
  leave(reason: unknown): void
}

/** Decides what follows when something fails. */
export interface Supervision {
  fateOf(request: RequestFacts): Fate
  /** Decides about a member whose handler crashed: it leaves, or goes on. May decide later. */
  memberCrashed(seat: Seat, request: RequestFacts | undefined, cause: unknown): void
  /** A member ended by a fault. Null to replace it; otherwise why the pool stops. */
  overTheLimit(now: Nanos): string | null
  startCounter(): StartCounter
  /** Why no member may begin: its behaviour, which has just been loaded, does not fit the options. Undefined if it fits. */
  misfit(): Error | undefined
  /** Whether a member that dies so long after its start, and has done nothing, counts as one that could not start. */
  isNew(age: Nanos): boolean
  /** Decides about a start that failed: it is tried again, or goes on without a state. May decide later. */
  startFailed(start: FailedStart, error: unknown): void
}

/** Starts timers that end with the pool. */
export interface Timers {
  /**
   * Calls `fn` after `ms` milliseconds, unless it is cancelled or the pool stops.
   *
   * @param holds whether the process waits for it instead of ending: only if a caller does. Default: no
   */
  after(ms: number, fn: () => void, holds?: boolean): Timer
}

/** Decides how many members there are. */
export interface SizePolicy {
  /** Starts the members. `atLeast`: 1 if one is needed at once, for a message that waits for no caller. */
  populate(atLeast: number): void
  /** Whether a member that is not needed, or cannot be started, may end without another in its place. */
  mayEnd(): boolean
  /** The pool stops. */
  end(): void
}
