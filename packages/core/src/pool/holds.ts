import type { HoldingLimit, HoldWatch } from '@genpool/broker'
import type { Nanos } from '@genpool/runtime'
import { Hold } from '../requests/hold'
import type { Request } from '../requests/request'
import type { Listeners } from './listeners'

/** What is needed of the pool to measure holds. */
export interface HoldPorts {
  readonly listeners: Listeners
  readonly pool: { readonly entrance: { readonly instrument: unknown } }
}

/**
 * Measures how long rates and limits hold requests back, and tells of it. Only while somebody listens: others pay one look for
 * each request under a limit.
 */
export class Holds implements HoldWatch<Request> {
  private readonly listeners: Listeners
  /** That of the pool, which is made later. */
  private entrance: HoldPorts['pool']['entrance'] | null = null

  constructor(private readonly kernel: HoldPorts) {
    this.listeners = kernel.listeners
  }

  get isOn(): boolean {
    const { wantsHolds } = this.listeners
    // Without an iterator: 2 % of a short call that waits for its key.
    for (let i = 0; i < wantsHolds.length; i++) if (wantsHolds[i]?.wantsHolds() === true) return true
    this.entrance ??= this.kernel.pool.entrance
    return this.entrance.instrument !== null
  }

  held(request: Request, limit: HoldingLimit, key: unknown, now: Nanos): void {
    const rarely = request.extend()
    if (!(rarely.hold ??= new Hold()).begin(limit, key, now)) return
    for (const listener of this.listeners.requestHeld) listener.requestHeld(request, { limit, key })
  }

  freed(request: Request, now: Nanos): void {
    const hold = request.rarely?.hold ?? null
    if (hold !== null && hold.since !== null) hold.end(now)
  }
}
