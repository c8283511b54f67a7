import type { Ref } from 'nact'
import { refused } from '../brake'
import { StoppedError } from '../errors'
import { nothingBelow } from './place'
import {
  type ConcreteActor,
  ConcreteActorClass,
  type ConcreteParent,
  findActor,
  nobody,
  type Reference,
} from './internals'

/** The children of an actor that has none. It gets maps of its own with its first child. */
const NO_CHILDREN = new Map<string, ConcreteActor>()
const NO_REFERENCES = new Map<string, Reference>()

/** The fields of an actor that nact makes for every one of its kind. */
interface Mutable {
  children: Map<string, ConcreteActor>
  childReferences: Map<string, Reference>
  mailbox?: unknown
  afterStop?: unknown
}

/** Leaves out what an actor without a mailbox does not use, and shares what it never changes: 800 bytes, which count where there are very many. */
function leaveOut(actor: BaseActor): void {
  const own = actor as Mutable
  own.children = NO_CHILDREN
  own.childReferences = NO_REFERENCES
  own.mailbox = own.afterStop = undefined
  const { reference, parent } = actor as { reference: { system: unknown }; parent: ConcreteParent }
  reference.system = parent.reference.system
  // nact spreads the path of the parent, which leaves places to spare.
  const { path } = actor as { path: { parts: readonly string[] } }
  path.parts = path.parts.slice()
}

/** nact wants a message function. `dispatch` and `query` below never call it. */
const unused = (): never => {
  throw new Error('A BaseActor handles its messages in receive().')
}

/** nact makes a name up from 32 random bits: of 100 000 siblings, two often get the same one, and nact refuses the second. */
let unnamed = 0

/**
 * A nact actor that handles each message in `receive`, in the turn in which it is sent: no mailbox, no hop.
 *
 * It corrects how nact stops actors. Children stop first, both GenPool's actors and plain ones. Stopping any ancestor, the
 * system included, stops this actor too. Stopping twice does nothing.
 * A stopped actor ignores messages, as in nact; a query to it rejects with a StoppedError.
 */
export abstract class BaseActor extends ConcreteActorClass {
  /** nact's `stop(system)` finds an actor by this field, which nact's own actors lack. */
  readonly type = 'actor'

  /** @throws {Error} from nact if `name` is taken or is not a valid path segment; nothing is created */
  constructor(parent: ConcreteParent, name?: string) {
    super(parent, name ?? `anonymous-${++unnamed}`, parent.system, unused)
    leaveOut(this)
    for (const ancestor of plainAncestors(this)) followersOf(ancestor).add(this)
  }

  /** A child has started. @param isListed whether handlers find it among the children */
  protected addChild(child: ConcreteActor, isListed: boolean): void {
    const own = this as Mutable
    if (own.children === NO_CHILDREN) own.children = new Map()
    own.children.set(child.name, child)
    if (!isListed) return
    if (own.childReferences === NO_REFERENCES) own.childReferences = new Map()
    own.childReferences.set(child.name, child.reference)
  }

  override childSpawned(child: ConcreteActor): void {
    this.addChild(child, true)
  }

  override childStopped(child: ConcreteActor): void {
    this.children.delete(child.name)
    this.childReferences.delete(child.name)
  }

  private leave(): void {
    for (const ancestor of plainAncestors(this)) followers.get(ancestor)?.delete(this)
  }

  /** Handles one message. Must not throw: the error would reach the sender. */
  protected abstract receive(message: unknown, sender: Reference): void

  /** Handles one query. Returns a promise of the answer; it rejects with a typed error. `timeout` is in milliseconds. */
  protected abstract receiveQuery(message: unknown, timeout: number): Promise<unknown>

  /** Called once, after all children have stopped and no message can reach this actor. */
  protected onStopped(): void {
    // Nothing to release.
  }

  /** Decides about a fault of a child. Stops the child; a subclass may decide otherwise. */
  override handleFault(_message: unknown, _sender: unknown, _error: unknown, child: Reference): void {
    const concrete = this.children.get(child.name ?? '')
    if (concrete !== undefined) stopTree(concrete)
  }

  override initializeState(): void {
    // nact would run a user's function here, before the subclass has its fields. A subclass initialises itself.
  }

  override reset(): void {
    // A peer or the parent may call this. A subclass decides what it does.
  }

  override resume(): void {
    // There is no mailbox to continue with.
  }

  override dispatch(message: unknown, sender: unknown = nobody): void {
    if (!this.stopped) this.receive(message, sender as Reference)
  }

  override query(message: unknown, timeout: number): Promise<unknown> {
    if (this.stopped) return refused(new StoppedError(this.name))
    return this.receiveQuery(message, timeout)
  }

  /** Removes an actor whose constructor threw, so that nothing else of it may be called. */
  abandon(): void {
    this.stopped = true
    this.leave()
    this.parent?.childStopped(this)
  }

  override stop(): void {
    if (this.stopped) return
    this.stopped = true
    this.leave()
    for (const child of [...this.children.values()]) stopTree(child)
    // `parent` stays set: nact deletes it, and a fault that escalates later would then throw.
    this.parent?.childStopped(this)
    this.onStopped()
  }
}

/** Stops an actor and all its descendants, the lowest first. nact's own `stop` leaves the children running. */
export function stopTree(actor: ConcreteActor): void {
  if (!(actor instanceof BaseActor)) for (const child of [...actor.children.values()]) stopTree(child)
  actor.stop()
}

/**
 * Creates an actor under `parent`.
 *
 * @param create makes the actor, as in `(parent) => new MyActor(parent, options)`
 * @throws {StoppedError} if the parent has stopped; whatever `create` throws. Nothing is left under the parent then
 */
export function spawnActor<A extends BaseActor>(parent: Ref<never>, create: (parent: ConcreteParent) => A): A {
  const concrete = findActor(parent)
  if (concrete === undefined || concrete.stopped) {
    const name = (parent as unknown as Reference).path?.toString() ?? 'the parent'
    throw nothingBelow(parent as unknown as Reference, name)
  }
  const before = concrete.children.size
  try {
    return create(concrete)
  } catch (error) {
    // A constructor of a subclass threw after nact's had registered the actor, which is the newest child.
    const newest = concrete.children.size > before ? [...concrete.children.values()].at(-1) : undefined
    if (newest instanceof BaseActor) newest.abandon()
    throw error
  }
}

/** The GenPool actors to stop before each plain actor or system stops. */
const followers = new WeakMap<ConcreteParent, Set<BaseActor>>()

/** The ancestors that do not stop their children themselves: nact's own, which are above all of ours. */
function* plainAncestors(actor: BaseActor): Iterable<ConcreteParent> {
  for (let { parent } = actor as ConcreteActor; parent !== undefined; parent = parent.parent) {
    // A BaseActor stops its own descendants.
    if (parent instanceof BaseActor) return
    yield parent
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
