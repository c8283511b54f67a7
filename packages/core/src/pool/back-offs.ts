import { NS_PER_MS, type Turn } from '@genpool/runtime'
import type { CheckedBackOff } from '../requests/back-off'
import type { Request } from '../requests/request'
import type { Listeners } from './listeners'
import type { Port } from './port'

/** Holds the queue of a pool back when a handler says that what it calls had too many requests. */
export class BackOffs {
  /** How often handlers have asked for it. */
  count = 0

  constructor(
    private readonly turn: Turn,
    private readonly port: Port,
    private readonly listeners: Listeners,
  ) {}

  /** @throws {OptionsError} if the queue is shared with other pools */
  hold(request: Request, backOff: CheckedBackOff): void {
    const { ns, again } = backOff
    const held = this.port.backOff(request, backOff, this.turn.refresh() + ns)
    this.count++
    const facts = { ms: ns / NS_PER_MS, key: held, again }
    for (const listener of this.listeners.backedOff) listener.backedOff(request, facts)
  }
}
