import type { Clock, Nanos } from '@genpool/runtime'
import type { Node } from '../nodes/node'
import { setBudget, setEpoch, setMayReturn } from '../wire/frames'
import type { RemoteFailures } from './failures'
import type { KeyOrder } from './key-order'
import type { RemoteRequest, RequestSetup } from './remote-request'
import type { Roster } from './roster'
import type { Waiting } from './waiting'

/** What a delivery needs. */
export interface DeliveryPorts {
  readonly clock: Clock
  readonly roster: Pick<Roster, 'choose' | 'ofKey' | 'except' | 'workMs'>
  /** Requests that wait here: for a connection, or for a node. */
  readonly waiting: Waiting<RemoteRequest>
  readonly failures: RemoteFailures
  readonly link: { readonly usable: boolean }
  readonly inbox: {
    /** Throws if the connection is closed. */
    send(node: string, frame: Uint8Array, id: string, headers?: Readonly<Record<string, string>>): void
  }
  readonly keys: KeyOrder
  readonly catchUps: { isBehind(node: Node, now: Nanos): boolean }
  readonly outcomes: { settle(request: RemoteRequest, error: Error): void }
  readonly random: () => number
  /** Looks for nodes. */
  find(): void
}

/** What decides which node a message can go to. */
export type Wanted = Pick<RequestSetup, 'kind' | 'type' | 'key'>

/** Sends each request to the node that is best for it. Without a connection or a node, it waits here. */
export class Delivery {
  /** Those that are to be sent again, behind earlier ones of their key that wait here. */
  #postponed = new Set<RemoteRequest>()

  constructor(private readonly ports: DeliveryPorts) {}

  /** @param refusedBy nodes that have refused it */
  nodeFor({ kind, type, key }: Wanted, refusedBy: ReadonlySet<string> | null, now: Nanos): Node | undefined {
    const { roster, random } = this.ports
    const except = roster.except(refusedBy, type, kind)
    return key === null ? roster.choose({ type, now, random, except }) : roster.ofKey(key, except)
  }

  /** Whether there is a node that has not refused a request. */
  hasNodeFor({ setup, refusedBy }: RemoteRequest, now: Nanos): boolean {
    return this.nodeFor(setup, refusedBy, now) !== undefined
  }

  send(request: RemoteRequest, now: Nanos): void {
    const { link, waiting, keys, catchUps } = this.ports
    if (!link.usable) return void waiting.add(request)
    const { key } = request
    if (key !== null && keys.hasWaiting(key)) return this.wait(request)
    const node = this.nodeFor(request.setup, request.refusedBy, now) ?? this.#refusing(request, now)
    if (node === undefined) return this.wait(request)
    if (key !== null) {
      if (catchUps.isBehind(node, now)) return this.wait(request)
      if (!this.#takesTurn(node, request, key)) return
    }
    this.#sendTo(node, request, now)
  }

  /** One that has refused it: the other ones have left while it waited here. If it refuses again, that is the outcome. */
  #refusing(request: RemoteRequest, now: Nanos): Node | undefined {
    if (request.refusedBy === null) return undefined
    request.refusedBy = null
    return this.nodeFor(request.setup, null, now)
  }

  /** Whether a request of a key may go to this node now. Otherwise it waits for the earlier ones at another node. */
  #takesTurn(node: Node, request: RemoteRequest, key: string): boolean {
    const { keys } = this.ports
    if (keys.mayGo(key, node, request.isInOrder ? 1 : 0)) {
      keys.went(key, node, !request.isInOrder)
      request.isInOrder = true
      return true
    }
    const go = (at: Nanos): void => {
      request.held = null
      this.send(request, at)
    }
    request.held = { order: request.order, go }
    keys.hold(key, request.held)
    this.#outOfOrder(request, key)
    return false
  }

  /** It is not in flight any more, and has no outcome yet. */
  #outOfOrder(request: RemoteRequest, key: string): void {
    if (!request.isInOrder) return
    request.isInOrder = false
    this.ports.keys.left(key, this.ports.clock.now())
  }

  /** A request waits until a node is found. */
  wait(request: RemoteRequest): void {
    this.ports.waiting.add(request)
    if (request.setup.key !== null) this.#outOfOrder(request, request.setup.key)
    this.ports.find()
  }

  /** Sends requests to their nodes again, as such: a node that has had one sends its answer again. */
  sendAgain(requests: readonly RemoteRequest[]): void {
    if (!this.ports.link.usable) return
    const now = this.ports.clock.now()
    for (const request of requests) {
      const { node, key } = request
      if (node === null || request.settled) continue
      if (key !== null && this.ports.keys.hasWaiting(key)) {
        this.#postponed.add(request)
        continue
      }
      request.isRepeated = true
      request.copies++
      this.#publish(node, request, request.renewed(now, true))
    }
  }

  get postponed(): number {
    return this.#postponed.size
  }

  takePostponed(): RemoteRequest[] {
    const all = [...this.#postponed]
    this.#postponed = new Set()
    return all
  }

  #sendTo(node: Node, request: RemoteRequest, now: Nanos): void {
    const isFirst = request.firstSentAt === null
    const frame = isFirst ? request.setup.frame : request.renewed(now, false)
    const leftMs = request.leftMs(now)
    setBudget(frame, leftMs - node.marginMs(leftMs))
    // Where nothing begins, it is sent only if there is no other node.
    setMayReturn(frame, !node.isHalted && request.returnedBy?.has(node.id) !== true)
    request.node = node
    request.sentAt = now
    request.firstSentAt ??= now
    request.isRepeated = false
    request.copies = 1
    request.workMs = this.ports.roster.workMs(node, request.setup.type, now)
    node.sends(now, request.workMs)
    this.#publish(node, request, frame)
  }

  #publish(node: Node, request: RemoteRequest, frame: Uint8Array): void {
    const { inbox, outcomes, failures } = this.ports
    if (request.key !== null) setEpoch(frame, node.said.epoch)
    try {
      inbox.send(node.id, frame, request.attemptId, request.setup.headers)
    } catch (error) {
      // The connection is closed, or drains.
      outcomes.settle(request, failures.closed(request.mayHaveRun, error))
    }
  }
}
