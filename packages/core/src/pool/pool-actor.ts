import { BaseActor, type ConcreteActor, type ConcreteParent, type Reference } from '@genpool/runtime'
import type { Definition } from '../behaviours/define-pool'
import { MemberActor } from './member-actor'
import type { CheckedPoolOptions, PoolOptions } from './options'
import { Pool } from './pool'

/** Where a pool's reference keeps the pool: an old reference never reaches another pool of the same name. */
export const POOL = Symbol.for('genpool.pool')

/** What a pool needs to be made. */
export interface PoolSetup {
  readonly name: string | undefined
  readonly definition: Definition
  readonly options: CheckedPoolOptions
  readonly given: PoolOptions
}

/** The pool as nact sees it: an address, children, messages, a life. */
export class PoolActor extends BaseActor {
  readonly pool: Pool

  constructor(parent: ConcreteParent, { name, definition, options, given }: PoolSetup) {
    super(parent, name)
    this.pool = new Pool(this, definition, options, given)
    Object.defineProperty(this.reference, POOL, { value: this.pool })
  }

  /** The actors that handlers have spawned, without the members' own addresses. */
  get spawned(): ConcreteActor[] {
    return [...this.children.values()].filter((child) => !(child instanceof MemberActor))
  }

  protected override receive(message: unknown, sender: Reference): void {
    this.pool.intake.dispatch(message, sender)
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return this.pool.intake.query(message, timeout)
  }

  override stop(): void {
    this.pool.lifecycle.close()
    super.stop()
  }

  protected override onStopped(): void {
    this.pool.lifecycle.stop()
  }

  override handleFault(message: unknown, sender: unknown, error: unknown, child: Reference): void {
    this.pool.supervisor.childFailed(message, sender, error, child)
  }

  override reset(): void {
    this.pool.lifecycle.reset()
  }

  // Members' addresses can be found, but are none of the user's children.
  override childSpawned(child: ConcreteActor): void {
    this.children.set(child.name, child)
    if (!(child instanceof MemberActor)) this.childReferences.set(child.name, child.reference)
  }

  override childStopped(child: ConcreteActor): void {
    this.children.delete(child.name)
    this.childReferences.delete(child.name)
  }
}
