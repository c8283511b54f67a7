import type { Timer } from '@genpool/runtime'
import type { Request } from '../requests/request'
import { IdleTimer } from './idle-timer'
import { OwnMessages } from './own-messages'

/** Why a member ends. */
export interface Leaving {
  readonly reason: unknown
  /** Whether that is a fault. The reason alone does not say: a handler may throw anything, also the name of another reason. */
  readonly isFault: boolean
}

/** What only few members need, kept apart so that the others stay small. */
export class MemberRarely {
  /** The messages for it alone. Made with the first one. */
  own: OwnMessages | null = null
  /** The reason to end after the current message; null to go on. */
  leaving: Leaving | null = null
  /** Made when a handler first asks for it. */
  idleTimer: IdleTimer | null = null

  /** Adds a message for it alone. */
  add(request: Request, first: boolean): void {
    this.own ??= new OwnMessages()
    this.own.add(request, first)
  }

  /** Calls `tell` when it has been idle for `ms` milliseconds from now. */
  startIdleTimer(ms: number, timers: { after(ms: number, fn: () => void): Timer }, tell: () => void): void {
    this.idleTimer ??= new IdleTimer(timers, tell)
    this.idleTimer.start(ms)
  }
}
