import { type ConcreteActor, type Reference, stopTree, supervision } from '@genpool/runtime'
import type { PlainProperties } from '../behaviours/define-pool'
import type { Member } from '../pool/member'
import type { Pool } from '../pool/pool'
import type { Request } from '../pool/request'
import { eventually } from '../pool/roster'
import { memberCrashed } from '../telemetry/channels'
import { ofMember } from '../telemetry/payloads'

/** Decides what follows from a crash: who is told, what is run again, who takes the member's place. */
export class Supervisor {
  readonly #onCrash: PlainProperties<unknown, unknown>['onCrash']

  constructor(private readonly pool: Pool) {
    this.#onCrash = pool.definition.properties.onCrash
  }

  /** A handler threw. Its callers are told, or its messages are run again; the member is replaced. */
  memberCrashed(member: Member, requests: readonly Request[], cause: unknown): void {
    this.pool.stats.lastCrash = cause
    this.pool.stats.troubles.add('crash', this.pool.turn.now())
    if (memberCrashed.hasSubscribers) {
      memberCrashed.publish({ ...ofMember(member), type: requests[0]?.route.type ?? '', cause })
    }
    this.pool.door?.crashed(requests, cause)
    const again = requests.filter((request) => !this.#giveUpOn(request, cause))
    if (this.#onCrash === undefined || requests[0] === undefined || member.leaving !== null) member.leave(cause)
    else this.#askUser(member, requests[0], cause)
    for (const request of again) this.pool.resubmit(request)
  }

  /** A child that a handler has spawned escalates its fault to the pool. */
  childFailed(message: unknown, sender: unknown, error: unknown, child: Reference): void {
    const concrete = this.pool.actor.children.get(child.name ?? '')
    const onCrash = this.#onCrash
    if (onCrash === undefined) {
      if (concrete !== undefined) stopTree(concrete)
      return
    }
    const context = this.#context(sender)
    eventually(
      () => onCrash(message as never, error as Error, context as never, child as never),
      (decision) => this.#act(decision, { error, message, sender, child: concrete }),
      () => concrete !== undefined && stopTree(concrete),
    )
  }

  /** Tells the callers of a message that is not to be run again. Returns whether that is so. */
  #giveUpOn(request: Request, cause: unknown): boolean {
    if (request.outcome !== null) return true
    const crashes = ++request.extend().crashes
    const { retryOnCrash, poisonAfter } = this.pool.options
    const error = this.pool.failures.crashed(request, cause)
    if (crashes >= poisonAfter) {
      // Without a caller it becomes a dead letter when it fails.
      if (request.expectsAnswer) this.pool.deadLetters.add(request.message, error)
    } else if (crashes <= (retryOnCrash[request.route.type] ?? 0)) return false
    request.fail(error)
    return true
  }

  /** nact's `onCrash` of a plain function. The member waits for the decision. */
  #askUser(member: Member, request: Request, cause: unknown): void {
    const sender = request.extras?.from ?? request.extras?.sender ?? undefined
    const context = this.#context(sender)
    eventually(
      () => this.#onCrash?.(request.message as never, cause as Error, context as never, undefined),
      (decision) => this.#act(decision, { error: cause, message: request.message, sender, member }),
      // An onCrash that throws has decided nothing; nact would end the process.
      (error) => member.leave(error),
    )
  }

  #context(sender: unknown): object {
    const { actor } = this.pool
    return {
      parent: actor.parent?.reference,
      path: actor.path,
      self: actor.reference,
      name: actor.name,
      children: new Map(actor.childReferences),
      sender,
      log: actor.log,
      mailbox: this.pool.port.waiting.map((request) => request.message),
      ...supervision,
    }
  }

  /** What nact documents for each decision; `member` is the one at fault, `child` a spawned actor at fault. */
  #act(decision: unknown, fault: Fault): void {
    const { actor } = this.pool
    const { member, child } = fault
    const peers = (): ConcreteActor[] => [...(actor.parent?.children.values() ?? [])]
    const children = actor.spawned
    switch (decision) {
      case supervision.stop:
        return actor.stop()
      case supervision.stopAll:
        return peers().forEach(stopTree)
      case supervision.stopChild:
        if (child === undefined) return actor.stop()
        return stopTree(child)
      case supervision.stopAllChildren:
        children.forEach(stopTree)
        return member?.next()
      case supervision.resume:
        return member?.next()
      case supervision.reset:
        return member === undefined ? actor.reset() : this.#resetMember(member)
      case supervision.resetAll:
        return peers().forEach((peer) => peer.reset())
      case supervision.resetChild:
        child?.reset()
        return member?.next()
      case supervision.resetAllChildren:
        children.forEach((each) => each.reset())
        return member?.next()
      default:
        return this.#escalate(fault)
    }
  }

  #resetMember(member: Member): void {
    this.pool.actor.spawned.forEach(stopTree)
    if (this.pool.cell === undefined) member.leave('reset')
    else this.pool.lifecycle.reset()
  }

  /** The parent decides about itself and about this pool; if it lets the pool live, the member goes on. */
  #escalate({ error, message, sender, member }: Fault): void {
    this.pool.actor.parent?.handleFault(message, sender, error, this.pool.actor.reference)
    if (!this.pool.lifecycle.stopping) member?.next()
  }
}

interface Fault {
  readonly error: unknown
  readonly message: unknown
  readonly sender: unknown
  readonly member?: Member
  readonly child?: ConcreteActor | undefined
}
