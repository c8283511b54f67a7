import type { Broker, HoldingLimit, LimitFigures, Openings } from '@genpool/broker'
import type { Nanos, Turn } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Request } from '../requests/request'
import type { Port } from './port'

/** What waits in a pool's own broker, and what holds it back. Nothing here changes the queues. */
export abstract class BrokerFigures implements Pick<
  Port,
  | 'idle'
  | 'isRated'
  | 'relativeTime'
  | 'oldestWait'
  | 'length'
  | 'sample'
  | 'waiting'
  | 'opensAt'
  | 'holderOf'
  | 'limits'
  | 'openings'
> {
  protected abstract readonly engine: Broker<Request, Member>
  protected abstract readonly turn: Turn
  protected abstract readonly kernel: { readonly worksAhead: boolean }

  get idle(): number {
    if (!this.kernel.worksAhead) return this.engine.lengthR
    return [...this.engine.members].filter(({ hand }) => hand.count === 0).length
  }

  get isRated(): boolean {
    return this.engine.isRated
  }

  relativeTime(now: Nanos): Nanos {
    return this.engine.relativeTime(now)
  }

  oldestWait(now: Nanos): Nanos {
    return this.engine.oldestWait(now)
  }

  get length(): number {
    return this.engine.length
  }

  sample(most: number): Iterable<Request> {
    return this.engine.sample(most)
  }

  get waiting(): readonly Request[] {
    return [...this.engine.requests]
  }

  opensAt(request: Request): Nanos {
    return this.engine.opensAt(request, this.turn.now())
  }

  holderOf(request: Request): HoldingLimit | undefined {
    return this.engine.holderOf(request, this.turn.now())
  }

  limits(now: Nanos): LimitFigures {
    return this.engine.limits(now)
  }

  openings(now: Nanos): Openings | undefined {
    return this.engine.openings(now)
  }
}
