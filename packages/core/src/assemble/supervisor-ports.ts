import { type ConcreteActor, optionsOf, stopTree, supervision, wrongOptions } from '@genpool/runtime'
import type { Definition } from '../behaviours/define-pool'
import type { Family, Fault } from '../policies/supervision/nact-decisions'
import type { SupervisorPorts } from '../policies/supervision/supervisor'
import type { Kernel } from '../pool/kernel'
import type { Host } from '../pool/ports'
import { mailboxOf, senderOf } from '../requests/mailbox'
import type { Request } from '../requests/request'
import { workersOf } from '../work/with-workers'
import type { CheckedPoolOptions } from './options'
import { faultsOfTypes } from './types-in-options'

/** Joins supervision with the actors around a pool. `pool.kernel` is read when a fault comes. */
export class PoolSupervisorPorts implements SupervisorPorts, Family {
  constructor(
    private readonly host: Host & ConcreteActor,
    private readonly definition: Definition,
    private readonly pool: { readonly kernel: Kernel; readonly options: CheckedPoolOptions },
  ) {}

  get family(): Family {
    return this
  }

  get onCrash(): Definition['properties']['onCrash'] {
    return this.definition.properties.onCrash
  }

  get isPlain(): boolean {
    return this.definition.form === 'plain'
  }

  get decidesStarts(): boolean {
    return workersOf(this.definition) === undefined
  }

  random(): number {
    return this.pool.kernel.callbacks.random()
  }

  misfit(): Error | undefined {
    const { kernel, options } = this.pool
    const faults = kernel.behaviour.routes === undefined ? [] : faultsOfTypes(options, kernel.behaviour)
    return faults.length === 0 ? undefined : wrongOptions(optionsOf('pool', kernel.name), faults)
  }

  senderOf(request: Parameters<SupervisorPorts['senderOf']>[0]): unknown {
    return senderOf(request as Request)
  }

  crashContext(sender: unknown): object {
    const { host } = this
    return {
      parent: host.parent?.reference,
      path: host.path,
      self: host.reference,
      name: host.name,
      children: new Map(host.childReferences),
      sender,
      log: host.log,
      mailbox: mailboxOf(this.pool.kernel.port.waiting),
      ...supervision,
    }
  }

  // --- the actors around the pool, as nact's decisions change them ---

  get peers(): readonly ConcreteActor[] {
    return [...(this.host.parent?.children.values() ?? [])]
  }

  get spawned(): readonly ConcreteActor[] {
    return this.host.spawned
  }

  get stopping(): boolean {
    return this.pool.kernel.status.stopping
  }

  stop(): void {
    this.host.stop()
  }

  giveUp(error: unknown, why: string): void {
    this.pool.kernel.lifecycle.stopWith(error, why)
  }

  reset(): void {
    this.host.reset()
  }

  resetMember(seat: { leave(reason: unknown): void }): void {
    this.host.spawned.forEach(stopTree)
    if (this.pool.kernel.cell === undefined) seat.leave('reset')
    else this.pool.kernel.lifecycle.reset()
  }

  escalate({ message, sender, error }: Fault): void {
    this.host.parent?.handleFault(message, sender, error, this.host.reference)
  }
}
