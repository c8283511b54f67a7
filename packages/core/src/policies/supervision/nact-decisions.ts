import { type ConcreteActor, stopTree, supervision } from '@genpool/runtime'

/** A member that waits for a decision, or its start. */
interface AtFault {
  /** Goes on. */
  seekWork(): void
  /** Ends; another takes its place. */
  leave(reason: unknown): void
}

/** The actors around a pool, as nact's decisions change them. */
export interface Family {
  /** The children of the pool's parent, the pool included. */
  readonly peers: readonly ConcreteActor[]
  /** The actors that handlers have spawned. */
  readonly spawned: readonly ConcreteActor[]
  readonly stopping: boolean
  stop(): void
  /** Stops the pool, and says why to those who wait. */
  giveUp(error: unknown, why: string): void
  reset(): void
  /** Makes a new state for one member; if the state is shared, for all. */
  resetMember(seat: AtFault): void
  /** Lets the parent decide about itself and the pool. */
  escalate(fault: Fault): void
}

/** A fault that a nact `onCrash` decided about. */
export interface Fault {
  readonly error: unknown
  readonly message: unknown
  readonly sender: unknown
  /** The member at fault; undefined if a spawned actor is. */
  readonly seat?: AtFault | undefined
  /** The spawned actor at fault; undefined if a member is. */
  readonly child?: ConcreteActor | undefined
  /** The children of the parent that decides. Default: those of the pool. */
  readonly siblings?: readonly ConcreteActor[] | undefined
}

/** Carries out a decision of an `onCrash`, as nact documents it. */
export function carryOut(decision: unknown, fault: Fault, family: Family): void {
  const { seat, child, siblings = family.spawned } = fault
  switch (decision) {
    case supervision.stop:
      return family.stop()
    case supervision.stopAll:
      return family.peers.forEach(stopTree)
    case supervision.stopChild:
      return child === undefined ? family.stop() : stopTree(child)
    case supervision.stopAllChildren:
      siblings.forEach(stopTree)
      return seat?.seekWork()
    case supervision.resume:
      return seat?.seekWork()
    case supervision.reset:
      return seat === undefined ? family.reset() : family.resetMember(seat)
    case supervision.resetAll:
      return family.peers.forEach((peer) => peer.reset())
    case supervision.resetChild:
      child?.reset()
      return seat?.seekWork()
    case supervision.resetAllChildren:
      siblings.forEach((each) => each.reset())
      return seat?.seekWork()
    default:
      return escalate(fault, family)
  }
}

/** Escalates to the parent. If the parent keeps the pool, the member continues. */
function escalate(fault: Fault, family: Family): void {
  family.escalate(fault)
  if (!family.stopping) fault.seat?.seekWork()
}
