import type { Clock, Nanos } from '@genpool/runtime'
import type { Node } from '../nodes/node'
import type { Said } from '../nodes/said'
import { Finder } from './finder'
import { Questions } from './questions'
import { Readiness } from './readiness'
import type { Roster } from './roster'

/** What a discovery needs. */
export interface DiscoveryPorts {
  readonly clock: Clock
  readonly roster: Pick<Roster, 'says' | 'missingId' | 'noneThere' | 'isPatient'>
  readonly link: { readonly usable: boolean }
  /** Each throws if the connection is closed. */
  readonly inbox: { askAll(): void; askNode(node: string): void }
  /** Knows the time of this turn. */
  readonly pending: { now(): Nanos }
  /** Whether messages wait for a node. */
  hasWaiting(): boolean
  /** Nodes are known: send what waits. */
  found(): void
  /** There are none. */
  nobody(): void
  /** For how long questions may stay without any answer, in milliseconds. */
  patienceMs(): number
  /** So they have. */
  unheard(): void
}

/** Asks nodes what they say of themselves, and puts what they say into the roster. */
export class Discovery {
  readonly #questions = new Questions()
  readonly #readiness = new Readiness()
  readonly #finder: Finder

  constructor(private readonly ports: DiscoveryPorts) {
    const { clock, roster } = ports
    this.#finder = new Finder({
      clock,
      ask: () => this.#askAll(),
      isWanted: () => ports.hasWaiting() || this.#readiness.waiting > 0,
      isPatient: () => roster.isPatient(clock.now()),
      found: () => this.#found(),
      absent: () => roster.noneThere(clock.now()),
      nobody: () => ports.nobody(),
      canAsk: () => ports.link.usable,
      patienceMs: () => ports.patienceMs(),
      mute: () => ports.unheard(),
    })
  }

  /** Resolves when a node is found; rejects when it ends before. */
  ready(): Promise<void> {
    this.find()
    return this.#readiness.wait()
  }

  /** Looks for nodes, unless it does so already. */
  find(): void {
    this.#finder.find()
  }

  /** Looks for nodes anew: there may be others. */
  findAgain(): void {
    this.#finder.end()
    this.#finder.find()
  }

  /** A node said something of itself; `asked` if it was asked for it. */
  said(said: Said, asked: boolean): void {
    const { clock, roster } = this.ports
    const found = roster.says(said, this.ports.pending.now())
    if (found === undefined) return
    const askedAt = asked ? this.#questions.echoed(said.id) : undefined
    if (askedAt !== undefined) found.node.echoes(askedAt, clock.now())
    // One that leaves takes nothing.
    if (!said.leaving) this.#finder.answered()
  }

  /** NATS says that no node is there; with `id`, that this one is not. */
  absent(id: string | undefined): void {
    const now = this.ports.pending.now()
    if (id === undefined) return this.#finder.unanswered()
    this.#questions.forget(id)
    this.ports.roster.missingId(id, now)
  }

  /** Asks a node whether it is there. */
  probe(node: Node): void {
    const { id } = node
    const { clock, inbox, link } = this.ports
    if (!link.usable) return
    node.asks()
    this.#questions.asked(id, clock.now())
    quietly(() => inbox.askNode(id))
  }

  /** A node is given up. */
  forget({ id }: Node): void {
    this.#questions.forget(id)
  }

  /** No node will be found, for this reason. */
  end(error: Error): void {
    this.#finder.end()
    this.#readiness.ends(error)
  }

  #askAll(): void {
    const { clock, inbox } = this.ports
    this.#questions.askedAll(clock.now())
    quietly(() => inbox.askAll())
  }

  #found(): void {
    this.#questions.gathered()
    this.#readiness.found()
    this.ports.found()
  }
}

function quietly(send: () => void): void {
  try {
    send()
  } catch {
    // The connection is closed, or drains.
  }
}
