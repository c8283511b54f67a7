import type { Member } from '../members/member'
import type { Request } from '../requests/request'
import type { Workforce } from '../requests/request-owner'
import type { LiveSettings } from './settings'

/** What is asked of the pool about its members. */
export interface WorkforcePorts {
  readonly roster: {
    readonly slots: { readonly starting: number; readonly all: readonly { readonly member: Member | null }[] }
  }
  readonly settings: LiveSettings
  readonly sharesState: boolean
}

/** The members of a pool, as those see them who may wait for them. */
export class PoolWorkforce implements Workforce<Request> {
  constructor(
    private readonly pool: WorkforcePorts,
    private readonly port: { readonly isShared: boolean; readonly idle: number },
  ) {}

  /** Lazy: those who ask mostly stop at the first. */
  *running(): Iterable<Request> {
    for (const { member } of this.pool.roster.slots.all) if (member !== null) yield* member.inHand
  }

  get hasFreeMember(): boolean {
    // With a shared broker, members of other pools may take what waits here.
    return this.port.isShared || this.port.idle > 0 || this.pool.roster.slots.starting > 0
  }

  get isExclusive(): boolean {
    return this.pool.sharesState && this.pool.settings.current.state.commit === 'exclusive'
  }
}
