import type { ConcreteActor, Nanos } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import type { PoolRef } from '../behaviours/protocol'
import type { Kernel } from '../pool/kernel'
import type { Attachment, Host } from '../pool/ports'
import type { ConditionPorts } from '../views/conditions'
import type { PoolEvent } from '../views/telemetry/events'
import type { PublisherPorts } from '../views/telemetry/publisher'
import type { StateChangesPorts } from '../views/telemetry/state-changes'

/** What views see of a pool, besides its `PoolView`. Each view asks for a part of this, in an interface of its own. */
export class ViewPorts implements ConditionPorts, PublisherPorts, StateChangesPorts {
  constructor(
    private readonly host: Host & ConcreteActor,
    private readonly kernel: Kernel,
  ) {}

  /** Made when it is read: most pools tell nobody what happens in them. */
  get identity(): PoolEvent {
    return { pool: this.host.name, ref: this.host.reference as unknown as PoolRef }
  }

  attach(part: Attachment): void {
    this.kernel.attachments.attach(part)
  }

  detach(part: Attachment): void {
    this.kernel.attachments.detach(part)
  }

  get name(): string {
    return this.host.name
  }

  get path(): string {
    return this.host.path.parts.join('/')
  }

  get stopping(): boolean {
    return this.kernel.status.stopping
  }

  get cause(): unknown {
    return this.kernel.status.cause
  }

  get cell(): Cell<unknown> | undefined {
    return this.kernel.cell
  }

  get sharesState(): boolean {
    return this.kernel.sharesState
  }

  turnNow(): Nanos {
    return this.kernel.turn.now()
  }

  now(): Nanos {
    return this.kernel.turn.refresh()
  }

  work(): { readonly waiting: number; readonly busy: number } {
    return { waiting: this.kernel.port.length, busy: this.kernel.crew.busy }
  }

  callSafely(callback: () => unknown): void {
    this.kernel.callbacks.callSafely(callback)
  }

  tell(callback: () => unknown): void {
    this.kernel.callbacks.tell(callback)
  }
}
