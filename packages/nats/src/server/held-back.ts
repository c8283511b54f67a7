import { explain, type Finding, type HereRef } from '@genpool/core'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { MOST_STORE } from '../nodes/said'

/** An explanation costs more than a look, and nodes tell of themselves often. */
const EVERY: Nanos = 1000 * NS_PER_MS
const HOLDING: readonly Finding['finding'][] = ['back-off', 'rate', 'limits']

/** Says what holds requests back although members are free. */
export class HeldBack {
  #says: string | undefined
  #lookedAt: Nanos = -Infinity

  constructor(
    private readonly pool: HereRef,
    private readonly clock: Clock,
  ) {}

  /** In words; undefined if nothing does. @param load of the pool now */
  by({ idle, waiting }: { readonly idle: number; readonly waiting: number }): string | undefined {
    if (idle === 0 || waiting === 0) return undefined
    const now = this.clock.now()
    if (now - this.#lookedAt < EVERY) return this.#says
    this.#lookedAt = now
    const found = explain(this.pool).findings.find(({ finding }) => HOLDING.includes(finding))
    return (this.#says = found?.says.slice(0, MOST_STORE))
  }
}
