import type { PoolRef } from '@genpool/core'
import { type Closed, longRunMs, roomIn } from '@genpool/core/elsewhere'
import type { Clock } from '@genpool/runtime'
import { Ahead } from './ahead'

/** What it needs of a consumer. */
interface RoomPorts {
  readonly pool: PoolRef
  /** How many casts the consumer may have in hand. */
  readonly most: number
  inHand(): { readonly size: number; readonly opening: number; readonly isHeld: boolean }
}

/** How many casts a consumer may take, as its pool has room for them. */
export class ConsumerRoom {
  readonly #ahead: Ahead
  /** How many casts may come before the pool is asked again. */
  #left = 0

  constructor(
    clock: Clock,
    private readonly ports: RoomPorts,
  ) {
    this.#ahead = new Ahead(clock, () => longRunMs(ports.pool))
  }

  get figures(): { readonly atMost: number; readonly members: number; readonly closed: Closed | null } {
    const { size, closed } = roomIn(this.ports.pool)
    return { atMost: Math.min(this.ports.most, size), members: size, closed }
  }

  /** Asks the pool how many more could begin now, or when they have come. */
  look(): number {
    const { pool, most: ownMost } = this.ports
    const inHand = this.ports.inHand()
    const { size, room, waiting, most, closed } = roomIn(pool)
    const ahead = this.#ahead.of(size) - waiting
    const byMembers = Math.max(room, 0) + ahead
    const isShut = inHand.isHeld || closed !== null
    this.#left = isShut ? 0 : Math.min(Math.min(byMembers, most) - inHand.opening, ownMost - inHand.size)
    return this.#left
  }

  /** One has come: whether there is room for it. What there was room for is counted; the pool is asked only when that is used up. */
  takes(): boolean {
    if (--this.#left < 0) this.#left = this.look() - 1
    return this.#left >= 0
  }
}
