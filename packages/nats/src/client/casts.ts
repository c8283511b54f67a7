import type { GenPoolError } from '@genpool/core'
import type { Nanos } from '@genpool/runtime'
import type { Node } from '../nodes/node'
import type { RemoteFailures } from './failures'
import { CastLog, type SentCast } from './cast-log'
import type { Wanted } from './delivery'
import { setEpoch } from '../wire/frames'
import type { KeyOrder } from './key-order'
import { Waiting } from './waiting'

/** How often a cast is sent to another node because nobody listened. */
const MOST_TRIES = 3

/** What casts need. */
export interface CastPorts {
  readonly counts: { lostCasts: number }
  readonly failures: Pick<RemoteFailures, 'closed' | 'absent'>
  /** A cast is lost, for this reason. */
  castLost(message: unknown, error: GenPoolError): void
  readonly roster: {
    /** NATS says that nobody listens at the address of this node. */
    tookNothing(node: string, now: Nanos): void
    /** Whether no node is left, and one may come back soon. */
    mayReturn(now: Nanos): boolean
  }
  readonly link: { readonly usable: boolean }
  readonly keys: KeyOrder
  readonly catchUps: { isBehind(node: Node, now: Nanos): boolean }
  readonly inbox: {
    nextId(): string
    /** Throws if the connection is closed. */
    send(node: string, frame: Uint8Array, id: string, headers?: Readonly<Record<string, string>>): void
  }
  readonly delivery: {
    nodeFor(wanted: Wanted, refusedBy: ReadonlySet<string> | null, now: Nanos): Node | undefined
  }
  /** Looks for nodes, since none is known. */
  find(): void
}

/** Messages without an answer: sent once, and to another node if NATS says that nobody was there. A node that dies loses its own. */
export class Casts {
  readonly #sent = new CastLog()
  readonly #waiting: Waiting<SentCast>
  /** Those that wait for calls of their key at another node. */
  readonly #held = new Set<SentCast>()

  constructor(private readonly ports: CastPorts) {
    this.#waiting = new Waiting(ports.keys)
  }

  /** How many wait here for a connection or a node. */
  get waiting(): number {
    return this.#waiting.size + this.#held.size
  }

  send(cast: SentCast, now: Nanos): void {
    const { link, delivery, keys, catchUps } = this.ports
    const refusedBy = cast.node === '' ? null : new Set([cast.node])
    const { type, key } = cast
    if (key !== null && keys.hasWaiting(key)) return this.#wait(cast)
    const node = link.usable ? delivery.nodeFor({ kind: 'cast', type, key }, refusedBy, now) : undefined
    if (node === undefined) return this.#wait(cast)
    if (key !== null) {
      if (catchUps.isBehind(node, now)) return this.#wait(cast)
      if (!keys.mayGo(key, node, 0)) return this.#hold(cast, key)
    }
    this.#sendTo(node, cast, now)
  }

  #sendTo(node: Node, cast: SentCast, now: Nanos): void {
    const { inbox, failures } = this.ports
    // What was sent before may still be in the buffer of the connection.
    const frame = cast.key === null ? cast.frame : Uint8Array.from(cast.frame)
    if (cast.key !== null) setEpoch(frame, node.said.epoch)
    const id = inbox.nextId()
    node.casts(now)
    this.#sent.add(id, { ...cast, node: node.id })
    try {
      inbox.send(node.id, frame, id, cast.headers)
    } catch (error) {
      this.#sent.take(id)
      this.#isLost(cast, failures.closed(false, error))
    }
  }

  /** Nobody listened where it was sent. */
  reachedNobody(id: string, now: Nanos): void {
    const cast = this.#sent.take(id)
    if (cast === undefined) return
    const { roster } = this.ports
    roster.tookNothing(cast.node, now)
    if (cast.tries < MOST_TRIES) this.send({ ...cast, tries: cast.tries + 1 }, now)
    else if (roster.mayReturn(now)) this.#wait(cast)
    else this.#isLost(cast, this.ports.failures.absent(cast.node))
  }

  /** Its node refused it, or what somebody else has sent with its address. Returns whether there is such a cast. */
  wasRefused(id: string, errorOf: (node: string, sent: Uint8Array) => GenPoolError | undefined): boolean {
    const cast = this.#sent.take(id)
    if (cast === undefined) return false
    const error = errorOf(cast.node, cast.frame)
    if (error === undefined) this.#sent.add(id, cast)
    else this.#isLost(cast, error)
    return error !== undefined
  }

  /** Its node has connected again, and refused it: it certainly did not run. */
  cameTooEarly(id: string): void {
    const cast = this.#sent.take(id)
    if (cast !== undefined) this.#wait(cast)
  }

  /** NATS has refused all that was sent to this node since the connection was made. */
  notSent(node: string, error: GenPoolError): void {
    for (const cast of this.#sent.takeOf(node)) this.#isLost(cast, error)
  }

  /** A new connection: nobody says any more what became of those that were sent on the last one. */
  forgetSent(): void {
    this.#sent.clear()
  }

  /** Returns those that wait here for a connection or a node, which do so no more. */
  takeWaiting(): SentCast[] {
    return this.#waiting.takeAll()
  }

  /** Those that wait are lost, for this reason. */
  dropWaiting(error: GenPoolError): void {
    const casts = [...this.#waiting.takeAll(), ...this.#held]
    this.#held.clear()
    for (const cast of casts) this.#isLost(cast, error)
  }

  /** It is sent when a node is found. */
  #wait(cast: SentCast): void {
    this.#waiting.add({ ...cast, node: '' })
    if (this.ports.link.usable) this.ports.find()
  }

  #isLost({ message }: SentCast, error: GenPoolError): void {
    this.ports.counts.lostCasts++
    this.ports.castLost(message, error)
  }

  #hold(cast: SentCast, key: string): void {
    this.#held.add(cast)
    const go = (now: Nanos): void => {
      if (this.#held.delete(cast)) this.send(cast, now)
    }
    this.ports.keys.hold(key, { order: cast.order, go })
  }
}
