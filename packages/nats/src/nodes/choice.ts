import type { Nanos } from '@genpool/runtime'
import type { Node } from './node'
import type { Paces } from './paces'

/** Up to so many nodes are all compared. Of more, two are drawn: nearly as good, and clients do not all choose the same one. */
const FEW = 4

/** A request for which a node is chosen, and by what. */
export interface Choosing {
  /** The type of its message; null if it has none. */
  readonly type: string | null
  readonly now: Nanos
  readonly random: () => number
  /** Nodes that have refused it. */
  readonly except?: ReadonlySet<string> | undefined
  /** Compares the nodes. */
  readonly paces: Paces
}

interface Choice {
  readonly accepts: (node: Node) => boolean
  readonly costOf: (node: Node) => number
  readonly random: () => number
}

/**
 * Chooses the node of a request: the one where it would probably be answered first. Of many, the better of two different ones.
 *
 * Nodes that do not answer, leave, begin nothing now, or warm up and have enough are chosen only if there are no others. What waits
 * at one that begins nothing never runs twice: so it is better than one that does not answer. One at its rate counts with the time until
 * it may begin the request. Pure: time and chance are arguments.
 *
 * @returns undefined if there is no node at all
 */
export function choose(nodes: readonly Node[], { type, now, random, except, paces }: Choosing): Node | undefined {
  const allowed = except === undefined ? nodes : nodes.filter(({ id }) => !except.has(id))
  const costOf = (node: Node): number =>
    node.costMs(now, paces.expected(node, type, nodes, now), paces.anyMs(node, nodes, now))
  const bestOf = (accepts: (node: Node) => boolean): Node | undefined => best(allowed, { accepts, costOf, random })
  const works = (node: Node): boolean => !node.isDoubtful(now) && !node.isHalted
  const first = bestOf((node) => works(node) && !node.isFull)
  if (first !== undefined && first.beginsInMs(now) > 0) {
    // It must wait for its rate. Of many, another one may not, though it was not drawn; nor may one that warms up.
    const open = bestOf((node) => works(node) && node.beginsInMs(now) === 0)
    if (open !== undefined && costOf(open) < costOf(first)) return open
  }
  return (
    first ??
    bestOf(works) ??
    bestOf((node) => !node.isDoubtful(now)) ??
    bestOf((node) => !node.said.leaving) ??
    bestOf(() => true)
  )
}

function best(all: readonly Node[], { accepts, costOf, random }: Choice): Node | undefined {
  const nodes = all.every(accepts) ? all : all.filter(accepts)
  if (nodes.length > FEW) return better(...twoOf(nodes, random), costOf)
  if (nodes.length < 2) return nodes[0]
  // From a random one on: of equal ones, not all clients choose the same.
  const start = Math.floor(random() * nodes.length)
  let chosen: Node | undefined
  let least = Infinity
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(start + i) % nodes.length] as Node
    const cost = costOf(node)
    if (cost < least) {
      chosen = node
      least = cost
    }
  }
  return chosen
}

function twoOf(nodes: readonly Node[], random: () => number): [Node, Node] {
  const first = Math.floor(random() * nodes.length)
  const second = Math.floor(random() * (nodes.length - 1))
  return [nodes[first] as Node, nodes[second < first ? second : second + 1] as Node]
}

function better(one: Node, other: Node, costOf: Choice['costOf']): Node {
  return costOf(other) < costOf(one) ? other : one
}
