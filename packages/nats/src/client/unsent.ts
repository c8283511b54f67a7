import type { Nanos } from '@genpool/runtime'
import type { Casts } from './casts'
import type { Delivery } from './delivery'
import type { RemoteRequest } from './remote-request'
import type { Waiting } from './waiting'

/** Where messages wait. */
export interface UnsentPorts {
  readonly waiting: Waiting<RemoteRequest>
  readonly delivery: Delivery
  readonly casts: Casts
}

/** All messages of a client that wait for a node: calls, casts, and calls that are to be sent again. */
export class Unsent {
  constructor(private readonly ports: UnsentPorts) {}

  get isEmpty(): boolean {
    const { waiting, casts, delivery } = this.ports
    return waiting.size === 0 && casts.waiting === 0 && delivery.postponed === 0
  }

  /** Sends them in the order in which they were made. */
  send(now: Nanos): void {
    const { waiting, delivery } = this.ports
    const again = delivery.takePostponed().map((call) => [call.order, () => delivery.sendAgain([call])] as const)
    const calls = waiting.takeAll().map((call) => [call.order, () => delivery.send(call, now)] as const)
    const casts = this.ports.casts
      .takeWaiting()
      .map((cast) => [cast.order, () => this.ports.casts.send(cast, now)] as const)
    for (const [, send] of [...again, ...calls, ...casts].sort(([one], [other]) => one - other)) send()
  }
}
