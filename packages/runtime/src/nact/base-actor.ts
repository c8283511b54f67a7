import type { Ref } from 'nact'
import { StoppedError } from '../errors'
import {
  type ConcreteActor,
  ConcreteActorClass,
  type ConcreteParent,
  findActor,
  nobody,
  type Reference,
} from './internals'

const unused = (): never => {
  throw new Error('a BaseActor handles its messages in receive()')
}

/**
 * A nact actor whose messages are taken in by `receive`, in the turn in which they are sent: no mailbox, no hop.
 *
 * It corrects what nact gets wrong about stopping: children are stopped first, whether they are GenPool's or
 * plain ones; stopping any ancestor, the system included, stops this actor too; stopping twice does nothing.
 * Messages that are sent to a stopped actor are ignored, as in nact; queries reject with a StoppedError.
 */
export abstract class BaseActor extends ConcreteActorClass {
  /** Lets nact's `stop(system)` find this actor: it looks up by `type`, which nact's own actors lack. */
  readonly type = 'actor'
  readonly #leave: () => void

  /** @throws {Error} from nact if `name` is taken or is no valid path segment; nothing is created */
  constructor(parent: ConcreteParent, name?: string) {
    super(parent, name, parent.system, unused)
    this.#leave = followAncestors(this)
  }

  /** Takes in one message. Must not throw into the sender. */
  protected abstract receive(message: unknown, sender: Reference): void

  /** Takes in one query. Its answer, or a typed error, is the returned promise. `timeout` is in milliseconds. */
  protected abstract receiveQuery(message: unknown, timeout: number): Promise<unknown>

  /** Called once, after all children have stopped and this actor is no longer reachable. */
  protected onStopped(): void {
    // Nothing to release.
  }

  /** A child asks for a decision about its fault. The child is stopped unless a subclass decides otherwise. */
  override handleFault(_message: unknown, _sender: unknown, _error: unknown, child: Reference): void {
    const concrete = this.children.get(child.name ?? '')
    if (concrete !== undefined) stopTree(concrete)
  }

  override initializeState(): void {
    // A subclass initialises itself; nact's own way would run a user's function before the subclass has its fields.
  }

  override reset(): void {
    // A peer or the parent may ask for it; what that means is up to the subclass.
  }

  override resume(): void {
    // There is no mailbox to go on with.
  }

  override dispatch(message: unknown, sender: unknown = nobody): void {
    if (!this.stopped) this.receive(message, sender as Reference)
  }

  override query(message: unknown, timeout: number): Promise<unknown> {
    if (this.stopped) return Promise.reject(new StoppedError(this.name))
    return this.receiveQuery(message, timeout)
  }

  override stop(): void {
    if (this.stopped) return
    this.stopped = true
    this.#leave()
    for (const child of [...this.children.values()]) stopTree(child)
    // `parent` stays set: nact deletes it, and a fault that escalates later would then throw.
    this.parent?.childStopped(this)
    this.onStopped()
  }
}

/** Stops an actor and everything below it, the lowest first. nact's own `stop` leaves the children running. */
export function stopTree(actor: ConcreteActor): void {
  if (!(actor instanceof BaseActor)) for (const child of [...actor.children.values()]) stopTree(child)
  actor.stop()
}

/**
 * Creates an actor under `parent`.
 *
 * @param create makes the actor, as in `(parent) => new MyActor(parent, options)`
 * @throws {StoppedError} if the parent has stopped; whatever `create` throws
 */
export function spawnActor<A extends BaseActor>(parent: Ref<never>, create: (parent: ConcreteParent) => A): A {
  const concrete = findActor(parent)
  if (concrete === undefined || concrete.stopped) {
    throw new StoppedError((parent as unknown as Reference).path?.toString() ?? 'the parent')
  }
  return create(concrete)
}

/** The GenPool actors that stop with each actor or system of nact's own. */
const followers = new WeakMap<ConcreteParent, Set<BaseActor>>()

/** Has `actor` stopped before any ancestor stops, since nact stops no children. Returns how to end that. */
function followAncestors(actor: BaseActor): () => void {
  const sets: Set<BaseActor>[] = []
  let ancestor = actor.parent
  // A BaseActor stops everything below it by itself.
  while (ancestor !== undefined && !(ancestor instanceof BaseActor)) {
    sets.push(followersOf(ancestor))
    ancestor = ancestor.parent
  }
  for (const set of sets) set.add(actor)
  return () => {
    for (const set of sets) set.delete(actor)
  }
}

function followersOf(ancestor: ConcreteParent): Set<BaseActor> {
  const known = followers.get(ancestor)
  if (known !== undefined) return known
  const set = new Set<BaseActor>()
  followers.set(ancestor, set)
  const stop = ancestor.stop
  ancestor.stop = function stopFollowersFirst(this: ConcreteParent) {
    for (const follower of [...set]) follower.stop()
    stop.call(this)
  }
  return set
}
