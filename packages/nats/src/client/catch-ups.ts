import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Node } from '../nodes/node'

/** A question without an answer is asked again after this time. */
const AGAIN_MS = 250

/** What catching up needs. */
export interface CatchUpPorts {
  readonly link: { readonly usable: boolean }
  readonly roster: { node(id: string): Node | undefined }
  readonly inbox: {
    /** Asks a node what it says of itself, with a number. Throws if the connection is closed. */
    askNumbered(node: string, number: number): void
  }
  /** Everything that was sent to this node before is there, refused, or lost. */
  caughtUp(node: Node): void
}

/**
 * Nodes that have connected again, or given messages of keys back. What was sent to them before is lost, or they refuse it. NATS keeps the order of one sender: when
 * such a node answers a question, it has refused all that was sent before. Until then no message with a key is sent to it.
 */
export class CatchUps {
  #next = 0
  /** The nodes, with the question that was asked last. */
  readonly #behind = new Map<Node, { readonly number: number; readonly askedAt: Nanos }>()

  constructor(private readonly ports: CatchUpPorts) {}

  /** A node has connected again. One that leaves answers no questions, and gets nothing new. */
  begin(node: Node, now: Nanos): void {
    if (node.said.leaving) this.#ends(node)
    else this.#ask(node, now)
  }

  /** Whether messages with a key cannot be sent to a node yet. */
  isBehind(node: Node, now: Nanos): boolean {
    if (this.#behind.size === 0) return false
    const asked = this.#behind.get(node)
    if (asked === undefined || node.said.leaving) return false
    if (now - asked.askedAt >= AGAIN_MS * NS_PER_MS) this.#ask(node, now)
    return true
  }

  /** Asks again where no answer has come. */
  check(now: Nanos): void {
    for (const node of [...this.#behind.keys()]) {
      if (this.ports.roster.node(node.id) !== node) this.#behind.delete(node)
      else if (node.said.leaving) this.#ends(node)
      else this.isBehind(node, now)
    }
  }

  answered(number: number): void {
    for (const [node, asked] of this.#behind) {
      if (asked.number === number) return this.#ends(node)
    }
  }

  /** A node is given up. */
  forget(node: Node): void {
    this.#behind.delete(node)
  }

  #ends(node: Node): void {
    this.#behind.delete(node)
    this.ports.caughtUp(node)
  }

  #ask(node: Node, now: Nanos): void {
    const number = this.#next++
    this.#behind.set(node, { number, askedAt: now })
    if (!this.ports.link.usable) return
    try {
      this.ports.inbox.askNumbered(node.id, number)
    } catch {
      // The connection is closed, or drains.
    }
  }
}
