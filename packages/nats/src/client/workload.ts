import type { Node } from '../nodes/node'

/** What a workload reads. */
export interface WorkloadPorts {
  readonly pending: { readonly size: number }
  readonly waiting: { readonly size: number }
  readonly casts: { readonly waiting: number }
  readonly roster: { readonly nodes: readonly Node[] }
  readonly link: { readonly usable: boolean }
  /** Asks a node what it has. */
  probe(node: Node): void
}

/** How much work a remote pool has, as this client knows it. */
export class Workload {
  constructor(private readonly ports: WorkloadPorts) {}

  /** Whether all messages of this client were sent, and all of its calls have their outcome. */
  get isDoneHere(): boolean {
    return this.ports.pending.size === 0 && this.ports.casts.waiting === 0
  }

  /**
   * Whether nothing waits or runs: here, and at any node. A node that may not have what was sent to it is asked, and answers after it
   * has taken that: NATS keeps the order of one sender.
   */
  isIdle(): boolean {
    if (!this.isDoneHere || !this.ports.link.usable) return false
    let isIdle = true
    for (const node of this.ports.roster.nodes) {
      if (node.isAtRest) continue
      isIdle = false
      if (!node.hasAll && !node.isAsked) this.ports.probe(node)
    }
    return isIdle
  }

  /** How many messages wait, here and at nodes. */
  get waiting(): number {
    const { roster, waiting, casts } = this.ports
    return roster.nodes.reduce(
      (sum, { inHand, said }) => sum + Math.max(0, inHand - said.size),
      waiting.size + casts.waiting,
    )
  }

  /** How many messages nodes work on. */
  get running(): number {
    return this.ports.roster.nodes.reduce((sum, { inHand, said }) => sum + Math.min(inHand, said.size), 0)
  }
}
