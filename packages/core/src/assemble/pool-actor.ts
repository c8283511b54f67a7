import { BaseActor, type ConcreteActor, type ConcreteParent, findAtOnce, type Reference } from '@genpool/runtime'
import type { ChildFault } from '../policies/supervision/supervisor'
import type { Host, Mailbox } from '../pool/ports'
import { AssembledPool } from './assembled-pool'
import type { Blueprint } from './blueprint'
import { MemberActor } from './member-actor'

/** Where a pool's reference keeps the pool: an old reference never reaches another pool of the same name. */
export const POOL = Symbol.for('genpool.pool')

/** The pool as nact sees it: an address, children, messages, a life. */
export class PoolActor extends BaseActor implements Host {
  readonly pool: AssembledPool

  constructor(parent: ConcreteParent, name: string | undefined, blueprint: Blueprint) {
    super(parent, name)
    blueprint.checkNamed(this.name, name)
    this.pool = new AssembledPool(this, blueprint)
    Object.defineProperty(this.reference, POOL, { value: this.pool })
    findAtOnce(this)
  }

  get spawned(): ConcreteActor[] {
    return [...this.children.values()].filter((child) => !(child instanceof MemberActor))
  }

  escalate(error: unknown): void {
    this.parent?.handleFault(undefined, undefined, error, this.reference)
  }

  addressFor(mailbox: Mailbox): MemberActor {
    return new MemberActor(this, mailbox, (fault) => this.childFailed(fault))
  }

  protected override receive(message: unknown, sender: Reference): void {
    this.pool.intake.dispatch(message, sender)
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return this.pool.intake.query(message, timeout)
  }

  override stop(): void {
    this.pool.kernel.lifecycle.close()
    super.stop()
  }

  protected override onStopped(): void {
    this.pool.stopped()
  }

  override handleFault(message: unknown, sender: unknown, error: unknown, child: Reference): void {
    this.childFailed({ message, sender, error, reference: child, child: this.children.get(child.name ?? '') })
  }

  private childFailed(fault: Omit<ChildFault, 'gaveUp'>): void {
    const { child } = fault
    this.pool.childFailed({ ...fault, gaveUp: child instanceof PoolActor && child.pool.cause !== undefined })
  }

  override reset(): void {
    this.pool.kernel.lifecycle.reset()
  }

  // Members' addresses can be found, but are not among the user's children.
  override childSpawned(child: ConcreteActor): void {
    this.addChild(child, !(child instanceof MemberActor))
  }
}
