import type { Nanos } from '@genpool/runtime'
import type { Member } from '../pool/member'
import type { Pool } from '../pool/pool'
import { GradientLimit } from './rules/gradient-limit'
import type { GradientRules } from './rules/gradient-options'

/**
 * Lets only so many members work at once, however many there are.
 *
 * A member needs one of the places to wait for a request, and keeps it while it works. The others are set aside: the broker does
 * not know of them. What is meant for one member alone (`broadcast`, its own address) needs no place.
 */
export class Concurrency {
  /** Those that have a place. */
  readonly #placed = new Set<Member>()
  readonly #aside = new Set<Member>()
  #fixed = Infinity
  #gradient: GradientLimit | null = null

  constructor(
    private readonly pool: Pool,
    limit: number | GradientRules,
  ) {
    this.#set(limit)
    // Those who are here already go on; places too many are taken back one by one.
    for (const member of pool.roster.members) if (member.hasBegun) this.#placed.add(member)
    this.#adapt()
  }

  get limit(): number {
    return this.#gradient === null ? this.#fixed : this.#gradient.limit
  }

  /** How many members wait for a place. */
  get aside(): number {
    return this.#aside.size
  }

  /** How long a run takes without a load, as far as is known; 0 if it is not, or does not matter. */
  get floor(): Nanos {
    return this.#gradient?.floor ?? 0
  }

  /** Whether a member may wait for a request now. If not, it is set aside, and asked to go on when there is a place. */
  admits(member: Member): boolean {
    if (this.#placed.has(member)) {
      if (this.#placed.size <= this.limit) return true
      this.#placed.delete(member)
    } else if (this.#placed.size < this.limit) {
      this.#aside.delete(member)
      this.#placed.add(member)
      return true
    }
    this.#aside.add(member)
    return false
  }

  ended(member: Member): void {
    this.#aside.delete(member)
    if (this.#placed.delete(member)) this.#adapt()
  }

  /** A member is done with a message. What crashed says nothing about how long it takes. */
  finished(member: Member, runNs: Nanos, now: Nanos): void {
    if (this.#gradient === null || !tells(this.pool, member)) return
    const before = this.#gradient.limit
    this.#gradient.finished(runNs, this.pool.busy + 1, now)
    if (this.#gradient.limit !== before) this.#adapt()
  }

  /** Begins to learn anew. */
  relearn(): void {
    this.#gradient?.relearn(this.pool.turn.refresh())
    this.#adapt()
  }

  configure(limit: number | GradientRules): void {
    this.#set(limit)
    this.#adapt()
  }

  /** Lets everybody work from now on. */
  close(): void {
    this.configure(Infinity)
  }

  #set(limit: number | GradientRules): void {
    const now = this.pool.turn.refresh()
    if (typeof limit === 'number') {
      this.#fixed = limit
      this.#gradient = null
    } else if (this.#gradient === null) this.#gradient = new GradientLimit(limit, now)
    else this.#gradient.configure(limit, now)
  }

  /** Gives places to those aside, or takes them from those that wait for a request; who works gives his back afterwards. */
  #adapt(): void {
    if (this.pool.lifecycle.stopping) return
    for (const member of this.#aside) {
      if (this.#placed.size >= this.limit) break
      if (member.status === 'idle') member.next()
    }
    for (const member of this.#placed) {
      if (this.#placed.size <= this.limit) break
      if (member.status !== 'idle' || !this.pool.port.remove(member.seat)) continue
      this.#placed.delete(member)
      this.#aside.add(member)
    }
  }
}

/** Whether a run that is done tells how long one takes. */
function tells({ late }: Pool, { current }: Member): boolean {
  if (current === null) return false
  return current.outcome === 'replied' || current.outcome === 'expired' || late.has(current)
}
