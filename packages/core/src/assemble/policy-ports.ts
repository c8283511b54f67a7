import type { Clock, Nanos, Timer } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Kernel } from '../pool/kernel'
import type { Attachment, Seat, SizePolicy } from '../pool/ports'
import { titleOf } from '../requests/callback-title'
import type { Request } from '../requests/request'
import type { RequestFacts } from '../requests/request-facts'
import type { Publisher } from '../views/telemetry/publisher'

/** What policies see of a pool and may do to it. Each policy asks for a part of this, in an interface of its own. */
export class PolicyPorts {
  constructor(
    private readonly kernel: Kernel,
    private readonly publisher: Publisher,
  ) {}

  attach(part: Attachment): void {
    this.kernel.attachments.attach(part)
  }

  detach(part: Attachment): void {
    this.kernel.attachments.detach(part)
  }

  // --- time and chance ---

  get clock(): Clock {
    return this.kernel.settings.current.clock
  }

  turnNow(): Nanos {
    return this.kernel.turn.now()
  }

  now(): Nanos {
    return this.kernel.turn.refresh()
  }

  turnLasted(): Nanos {
    return this.kernel.turn.lasted
  }

  after(ms: number, fn: () => void, holds?: boolean): Timer {
    return this.kernel.timers.after(ms, fn, holds)
  }

  random(): number {
    return this.kernel.callbacks.random()
  }

  // --- figures ---

  get stopping(): boolean {
    return this.kernel.status.stopping
  }

  get draining(): boolean {
    return this.kernel.status.phase === 'draining'
  }

  get seats(): readonly Seat[] {
    return this.kernel.roster.members
  }

  get size(): number {
    return this.kernel.roster.size
  }

  get starting(): number {
    return this.kernel.roster.slots.starting
  }

  get busy(): number {
    return this.kernel.crew.busy
  }

  get waiting(): number {
    return this.kernel.port.length
  }

  get idle(): number {
    return this.kernel.port.idle
  }

  get aside(): number {
    return this.kernel.crew.seatGates.reduce((sum, gate) => sum + gate.aside, 0)
  }

  get limit(): number {
    return this.kernel.crew.seatGates.reduce((least, gate) => Math.min(least, gate.limit), Infinity)
  }

  get populated(): boolean {
    return this.kernel.population.populated
  }

  oldestWait(now: Nanos): Nanos {
    return Math.max(0, this.kernel.port.relativeTime(now))
  }

  timeToServe(now: Nanos): Nanos | undefined {
    return this.kernel.serviceTime.timeFor(this.kernel.port.length, now)
  }

  // --- what policies do ---

  grow(): void {
    this.kernel.roster.grow()
  }

  shrink(count: number): void {
    this.kernel.roster.shrink(count)
  }

  setSizePolicy(policy: SizePolicy | undefined): void {
    this.kernel.population.setSizePolicy(policy)
  }

  isWriting(seat: Seat, request: RequestFacts): boolean {
    return (seat as Member).isWriting(request as Request)
  }

  abandon(seat: Seat, request: RequestFacts, cause: Error): void {
    this.kernel.abandon(seat as Member, request as Request, cause)
  }

  // --- what policies tell ---

  report(error: unknown, callback: string, then: string): void {
    this.kernel.callbacks.report(error, titleOf(callback, this.kernel.name, then))
  }

  breakerChanged(change: Parameters<Publisher['breakerChanged']>[0]): void {
    this.publisher.breakerChanged(change)
  }

  alarmChanged(kind: 'set' | 'clear', facts: Parameters<Publisher['alarmChanged']>[1]): void {
    this.publisher.alarmChanged(kind, facts)
  }
}
