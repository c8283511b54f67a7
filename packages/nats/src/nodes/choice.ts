import type { Nanos } from '@genpool/runtime'
import type { Node } from './node'

/** Up to so many nodes are all compared. Of more, two are drawn: nearly as good, and clients do not all choose the same one. */
const FEW = 4

/**
 * Chooses the node of a request: the one where it would probably be answered first. Of many, the better of two different ones.
 *
 * Nodes that do not answer, leave, or warm up and have enough are chosen only if there are no others. Pure: time and chance are
 * arguments.
 *
 * @param except nodes that have refused this request
 * @returns undefined if there is no node at all
 */
export function choose(
  nodes: readonly Node[],
  { now, random, except }: { now: Nanos; random: () => number; except?: ReadonlySet<string> | undefined },
): Node | undefined {
  const allowed = except === undefined ? nodes : nodes.filter(({ id }) => !except.has(id))
  return (
    best(allowed, now, random, (node) => !node.isDoubtful(now) && !node.isFull) ??
    best(allowed, now, random, (node) => !node.isDoubtful(now)) ??
    best(allowed, now, random, (node) => !node.said.leaving) ??
    best(allowed, now, random, () => true)
  )
}

function best(
  all: readonly Node[],
  now: Nanos,
  random: () => number,
  accepts: (node: Node) => boolean,
): Node | undefined {
  const nodes = all.every(accepts) ? all : all.filter(accepts)
  if (nodes.length > FEW) return better(...twoOf(nodes, random), now)
  if (nodes.length < 2) return nodes[0]
  // From a random one on: of equal ones, not all clients choose the same.
  const start = Math.floor(random() * nodes.length)
  let chosen: Node | undefined
  let least = Infinity
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(start + i) % nodes.length] as Node
    const cost = node.costMs(now)
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

function better(one: Node, other: Node, now: Nanos): Node {
  return other.costMs(now) < one.costMs(now) ? other : one
}
