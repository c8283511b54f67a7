import type { HoldingLimit } from '@genpool/broker'
import { keepShape, type Nanos } from '@genpool/runtime'

/** How long rates and limits have held a request back, and which did last. */
export class Hold {
  limit: HoldingLimit = 'rate'
  /** The key whose limit it is; undefined for a rate of all. */
  key: unknown = undefined
  /** Since when it is held; null if it is not. */
  since: Nanos | null = null
  #before: Nanos = 0

  /** Returns false if the same limit holds it already. */
  begin(limit: HoldingLimit, key: unknown, now: Nanos): boolean {
    if (this.since !== null) {
      if (this.limit === limit) return false
      this.end(now)
    }
    this.limit = limit
    this.key = key
    this.since = now
    return true
  }

  end(now: Nanos): void {
    this.#before = this.total(now)
    this.since = null
  }

  /** How long it was held until now. */
  total(now: Nanos): Nanos {
    return this.#before + (this.since === null ? 0 : Math.max(0, now - this.since))
  }
}

const used = new Hold()
used.begin('rate', undefined, 0.25)
used.end(0.75)
keepShape(used)
