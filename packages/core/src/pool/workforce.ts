import { fairIdentity, fairKey, type LimitsOptions } from '@genpool/broker'
import { readSafely } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Request } from '../requests/request'
import type { KeyLimit, Workforce } from '../requests/request-owner'
import type { Port } from './port'
import type { LiveSettings } from './settings'

/** Each of them may expire, and look through the others. */
const MOST_WAITING = 1000

/** What is asked of the pool about its members. */
export interface WorkforcePorts {
  readonly roster: {
    readonly slots: {
      readonly wanted: number
      readonly starting: number
      readonly all: readonly { readonly member: Member | null }[]
    }
  }
  readonly settings: LiveSettings
  readonly sharesState: boolean
}

/** The members of a pool, as those see them who may wait for them. */
export class PoolWorkforce implements Workforce<Request> {
  constructor(
    private readonly pool: WorkforcePorts,
    private readonly port: Pick<Port, 'isShared' | 'idle' | 'length' | 'waiting'>,
  ) {}

  /** Lazy: those who ask mostly stop at the first. */
  *running(): Iterable<Request> {
    for (const { member } of this.pool.roster.slots.all) if (member !== null) yield* member.requests
  }

  get hasFreeMember(): boolean {
    // With a shared broker, members of other pools may take what waits here.
    if (this.port.isShared || this.port.idle > 0) return true
    const { slots } = this.pool.roster
    const { growsTo, paused } = this.pool.settings.current
    if (slots.starting > 0 || slots.wanted < growsTo) return true
    return paused && slots.all.some(({ member }) => member?.status === 'idle')
  }

  get isExclusive(): boolean {
    return this.pool.sharesState && this.pool.settings.current.state.commit === 'exclusive'
  }

  *kept(): Iterable<{ readonly request: Request; readonly after: Request | null }> {
    for (const { member } of this.pool.roster.slots.all) {
      const own = member === null ? null : member.own
      if (member === null || own === null || own.length === 0) continue
      for (const request of own.all) yield { request, after: member.hand.first }
    }
  }

  get waiting(): readonly Request[] {
    return this.port.length > MOST_WAITING ? [] : this.port.waiting
  }

  limitOf(request: Request): KeyLimit | null {
    const { limits } = this.pool.settings.current
    return limits === false || request.kind === 'direct' ? null : limitOf(request, limits)
  }
}

function limitOf({ message }: Request, { by, concurrency = Infinity }: LimitsOptions): KeyLimit | null {
  if (concurrency === Infinity) return null
  const find = fairKey(typeof by === 'string' ? { property: by } : by)
  // A user's function may throw, also for a message for which it did not before.
  const key = readSafely(() => fairIdentity(find(message)), undefined)
  return key === undefined ? null : { key, concurrency }
}
