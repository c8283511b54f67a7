import type { GenPoolError } from '@genpool/core'
import type { Clock } from '@genpool/runtime'
import { type Link, wasRead } from '../link'
import type { Node } from '../nodes/node'
import { pause } from '../pause'
import type { Subjects } from '../subjects'
import type { Casts } from './casts'
import type { CatchUps } from './catch-ups'
import type { Conditions } from './conditions'
import type { Delivery } from './delivery'
import type { Discovery } from './discovery'
import type { Door } from './door'
import { type Inbox, isQuestion } from './inbox'
import type { RemoteFailures } from './failures'
import type { KeyOrder } from './key-order'
import type { Outcomes } from './outcomes'
import type { Pending } from './pending'
import type { Retries } from './retries'
import type { Roster } from './roster'

/** What interruptions need. */
export interface InterruptionPorts {
  readonly clock: Clock
  readonly link: Link
  readonly inbox: Pick<Inbox, 'again'>
  readonly subjects: Subjects
  readonly failures: RemoteFailures
  readonly pending: Pick<Pending, 'all' | 'get' | 'now' | 'of' | 'waiting'>
  readonly roster: Pick<Roster, 'node' | 'nodes' | 'isMute' | 'allMute' | 'connected'>
  readonly keys: Pick<KeyOrder, 'clear'>
  readonly door: Pick<Door, 'stop' | 'open' | 'close'>
  readonly outcomes: Pick<Outcomes, 'settle' | 'stopped' | 'closed' | 'nobody'>
  readonly delivery: Pick<Delivery, 'sendAgain'>
  readonly catchUps: Pick<CatchUps, 'begin' | 'forget'>
  readonly retries: Pick<Retries, 'lost'>
  readonly casts: Pick<Casts, 'dropWaiting' | 'forgetSent' | 'notSent'>
  readonly discovery: Pick<Discovery, 'end' | 'findAgain' | 'forget' | 'probe'>
  readonly conditions: Pick<Conditions, 'end' | 'look'>
}

/** What a refusal takes to come after the answer of the server. */
const WAY_MS = 50

/** So often a request is sent again because NATS has refused its answer. */
const MOST_LOST_ANSWERS = 3

/** What becomes of the messages that are under way when a node or the connection fails, or comes back. */
export class Interruptions {
  constructor(private readonly ports: InterruptionPorts) {}

  // --- of a node ---

  /** A node is given up. */
  nodeLost(node: Node): void {
    const { discovery, retries, conditions, pending, catchUps } = this.ports
    discovery.forget(node)
    catchUps.forget(node)
    retries.lost(node, pending.now())
    conditions.look()
  }

  /** A node has connected again: answers of it may be lost. What has a key is sent again when the node has caught up. */
  nodeBack(node: Node): void {
    const { pending, delivery, catchUps } = this.ports
    delivery.sendAgain(pending.of(node).filter(({ key }) => key === null))
    catchUps.begin(node, pending.now())
  }

  /** A node has given messages of keys back. Others that are on their way come back, too, before anything else of their keys goes there. */
  nodeGaveBack(node: Node): void {
    const { pending, catchUps } = this.ports
    catchUps.begin(node, pending.now())
  }

  /** A node that has connected again, or given messages back, has refused all that was sent to it before that was known. */
  caughtUp(node: Node): void {
    const { pending, delivery } = this.ports
    delivery.sendAgain(pending.of(node).filter(({ key }) => key !== null))
  }

  /**
   * NATS has refused answers of a node. They are asked for again: NATS may allow one to each message. The node is asked what it says
   * of itself, too: if the answer to that is refused as well, it tells that it cannot answer this client.
   */
  answersLost(id: string, ids: readonly string[]): void {
    const { roster, pending, delivery, discovery } = this.ports
    const node = roster.node(id)
    if (node === undefined) return
    const lost = ids.flatMap((attempt) => {
      const request = pending.get(attempt)
      return request?.attemptId === attempt && request.node === node ? [request] : []
    })
    if (lost.length === 0 && !ids.some(isQuestion)) return
    discovery.probe(node)
    delivery.sendAgain(lost.filter((request) => request.lostAnswers++ < MOST_LOST_ANSWERS))
  }

  /** A node may say that it cannot answer this client: what it had of it has certainly no answer. */
  muted(id: string): void {
    const { roster, pending, outcomes, failures, casts, discovery } = this.ports
    const node = roster.node(id)
    if (node === undefined || !roster.isMute(node)) return
    for (const request of pending.of(node)) outcomes.settle(request, failures.mute(id, true))
    if (roster.allMute === undefined) return
    const error = failures.mute(id, false)
    for (const request of [...pending.waiting]) {
      outcomes.settle(request, request.mayHaveRun ? failures.mute(id, true) : error)
    }
    casts.dropWaiting(error)
    discovery.end(error)
  }

  /** There is no node, or none that answers. */
  nobodyServes(errorOf: (mayHaveRun: boolean) => GenPoolError): void {
    const { outcomes, casts } = this.ports
    outcomes.nobody(errorOf)
    casts.dropWaiting(errorOf(false))
  }

  // --- of the connection ---

  /** Connected again: answers may be lost, nodes may be others. */
  back(): void {
    const { clock, door, casts, roster, delivery, discovery, pending } = this.ports
    door.open()
    casts.forgetSent()
    roster.connected(clock.now())
    delivery.sendAgain(pending.all())
    discovery.findAgain()
  }

  /** The account lacks a permission for this subject. */
  refusedAt(subject: string, error: Error): void {
    const { subjects, roster } = this.ports
    if (!subjects.has(subject)) return
    const node = roster.nodes.find(({ id }) => subjects.callOf(id) === subject)
    if (node !== undefined) this.#notSent(node, error)
    this.refused(error)
  }

  /** The account lacks a permission: nothing works until it connects again with another one, or gets it. */
  refused(error: Error): void {
    const { door, keys, outcomes, failures } = this.ports
    door.close(error)
    keys.clear()
    outcomes.closed(error)
    this.#noMore(failures.closed(false, error))
  }

  /** A message is sent though NATS refused others. If it refuses nothing now, all is open again. */
  async tries(isRefused: () => boolean): Promise<void> {
    const { clock, door, inbox, discovery, link } = this.ports
    inbox.again()
    discovery.findAgain()
    // The message itself is sent after this.
    const isRead = await new Promise<boolean>((resolve) => clock.defer(() => resolve(wasRead(link, clock))))
    await pause(clock, WAY_MS, false)
    if (isRead && !isRefused()) door.open()
  }

  /** NATS refuses what is sent to this node: it has had nothing of it, unless it has answered something since it was last refused. */
  #notSent(node: Node, cause: Error): void {
    const { answered } = node
    const hasHad = answered > node.answeredAtRefusal
    node.answeredAtRefusal = answered
    if (hasHad) return
    const { pending, outcomes, casts, failures } = this.ports
    for (const request of pending.of(node)) {
      if (!request.isRepeated) outcomes.settle(request, failures.closed(request.mayHaveRun, cause))
    }
    casts.notSent(node.id, failures.closed(false, cause))
  }

  /** It is closed for good. */
  closed(): void {
    const { keys, outcomes, failures } = this.ports
    keys.clear()
    outcomes.closed()
    this.#noMore(failures.closed(false))
  }

  /** The address has stopped. */
  stopped(): void {
    const { door, keys, outcomes, failures } = this.ports
    door.stop()
    keys.clear()
    outcomes.stopped()
    this.#noMore(failures.stopped(null))
  }

  #noMore(error: GenPoolError): void {
    const { casts, discovery, conditions } = this.ports
    casts.dropWaiting(error)
    discovery.end(error)
    conditions.end(error)
  }
}
