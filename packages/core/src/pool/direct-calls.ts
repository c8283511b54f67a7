import type { Turn } from '@genpool/runtime'
import type { Handler } from '../behaviours/handler'
import { hasContext, NS_PER_MS } from '../hot-imports'
import { calling } from '../requests/calling'
import { Request } from '../requests/request'
import { DirectCall, type DirectPorts } from './direct-call'
import type { Listeners } from './listeners'
import type { IdleMembers } from './port'
import type { Counters } from './ports'
import type { TurnWork } from './turn-work'

const RESOLVED = Promise.resolve()

/**
 * Fast path: a call that finds an idle member, whose handler returns its answer at once. The caller gets the promise of the
 * microtask in which the member runs, and the deadline need not be watched. The broker has nothing to decide, and the member stands
 * in no line. Saves 30 % of a call, one at a time.
 *
 * Calls that are not alone go the general way: their members run together, in one microtask. So do calls of handlers that have
 * answered later once: they would pay for both ways.
 */
export class DirectCalls {
  /** The last handler that went this way. */
  private prompt: Handler | null = null
  /** Those that did not answer at once. */
  private late: Set<Handler> | null = null
  /** Used for each call that has its answer in its microtask: only one is under way at a time. Made when it is needed. */
  private next: DirectCall | null = null

  private readonly turn: Turn
  private readonly turnWork: TurnWork
  private readonly pool: DirectPorts['pool']
  private readonly entrance: DirectPorts['pool']['entrance']
  private readonly counters: Counters
  private readonly listeners: Listeners
  private readonly idle: IdleMembers | null

  constructor(private readonly parts: DirectPorts) {
    this.turn = parts.turn
    this.turnWork = parts.turnWork
    this.pool = parts.pool
    this.entrance = parts.pool.entrance
    this.counters = parts.recorder.counters
    this.listeners = parts.listeners
    this.idle = parts.port.idleMembers
  }

  /** Takes a call in. Null, and nothing done, if it has to go the general way. */
  take(kind: 'call' | 'query', handler: Handler, message: unknown, timeout: number): Promise<unknown> | null {
    return this.idle === null || !this.turnWork.isAlone ? null : this.begin(kind, handler, message, timeout)
  }

  /** Apart from `take`, which is asked for each of many calls at once: V8 would compile this for the few that come here. */
  private begin(kind: 'call' | 'query', handler: Handler, message: unknown, timeout: number): Promise<unknown> | null {
    const { listeners, turnWork } = this
    if (handler !== this.prompt && !this.isPrompt(handler)) return null
    // A handler that waits for its own pool is looked for among the calls of handlers. In a context of its own no member may run.
    if (this.entrance.guarded || calling.hand !== null || hasContext() || !(timeout > 0)) return null
    if (listeners.watchRuns && listeners.matched.length > 0) return null
    const now = this.turn.now()
    const member = (this.idle as IdleMembers).takeIdle(now)
    if (member === null) return null
    const call = (this.next ??= new DirectCall(this, this.parts))
    const request = new Request(this.pool, kind, handler, message, call.tell, now)
    call.request = request
    call.member = member
    request.deadline = now + timeout * NS_PER_MS
    this.counters.accepted++
    turnWork.join()
    turnWork.reserve()
    // As `Member.assign`.
    if (member.rarely !== null) member.rarely.idleTimer?.stop()
    member.status = 'busy'
    member.asks = false
    const { hand } = member
    hand.count = 1
    hand.first = request
    request.runner = member
    return RESOLVED.then(call.run)
  }

  private isPrompt(handler: Handler): boolean {
    if (handler.batch > 0 || this.late?.has(handler) === true) return false
    this.prompt = handler
    return true
  }

  waits(): void {
    this.next = null
  }

  wasLate(handler: Handler): void {
    this.late ??= new Set()
    this.late.add(handler)
    this.prompt = null
  }
}
