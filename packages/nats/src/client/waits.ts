import { type Clock, NS_PER_MS } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { flushed } from '../link'
import type { Conditions } from './conditions'
import type { Door } from './door'
import type { Workload } from './workload'

/** What waits need. */
export interface WaitPorts {
  readonly clock: Clock
  readonly door: Pick<Door, 'closed' | 'drain'>
  readonly conditions: Conditions
  readonly workload: Workload
  /** Told if a drain is cut short: for how many milliseconds it has waited. */
  readonly failures: { drainedFor: number }
  readonly link: { readonly usable: boolean; readonly connection: NatsConnection }
}

/** What `when` waits for. */
export interface WorkBelow {
  readonly waitingBelow: number
  readonly runningBelow: number
}

/** `idle`, `when` and `drain` of a remote pool. */
export class Waits {
  #draining: Promise<void> | null = null

  constructor(private readonly ports: WaitPorts) {}

  /** Resolves when nothing is under way, here and at the nodes. */
  async idle(signal: AbortSignal | undefined): Promise<void> {
    this.#checkOpen()
    await this.ports.conditions.wait(() => this.ports.workload.isIdle(), signal)
  }

  async when({ waitingBelow, runningBelow }: WorkBelow, signal: AbortSignal | undefined): Promise<void> {
    this.#checkOpen()
    const { conditions, workload } = this.ports
    await conditions.wait(() => workload.waiting < waitingBelow && workload.running < runningBelow, signal)
  }

  /** Takes nothing new. Resolves when everything that was sent is out and answered, or after so many milliseconds. */
  drain(withinMs: number): Promise<void> {
    return (this.#draining ??= this.#drain(withinMs))
  }

  async #drain(withinMs: number): Promise<void> {
    const { clock, door, conditions, workload, link, failures } = this.ports
    door.drain()
    const late = new AbortController()
    const isBounded = withinMs !== Infinity
    const timer = isBounded ? clock.setTimer(clock.now() + withinMs * NS_PER_MS, () => late.abort()) : undefined
    late.signal.addEventListener('abort', () => (failures.drainedFor = withinMs), { once: true })
    try {
      await conditions.wait(() => workload.isDoneHere, late.signal)
      // Casts may still be in a buffer of this process.
      if (link.usable) await Promise.race([flushed(link.connection), aborted(late.signal)])
    } catch {
      // It is late, or the connection is closed.
    } finally {
      timer?.cancel()
    }
  }

  /** @throws why nothing can be sent any more */
  #checkOpen(): void {
    const { closed } = this.ports.door
    if (closed !== undefined) throw closed
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
