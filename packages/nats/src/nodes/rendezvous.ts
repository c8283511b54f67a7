import { hashOf } from './hash'

/**
 * The node of a key: the one with the highest score of (node, key). So each key has one node while the set of nodes is stable; a node
 * that leaves moves only its own keys, and one that joins takes its share of them from all others.
 *
 * @param key the key as text; equal keys have equal texts
 * @returns undefined if there are no nodes
 * @see Thaler and Ravishankar, A Name-Based Mapping Scheme for Rendezvous, 1996
 */
export function rendezvous<N extends { readonly id: string }>(key: string, nodes: Iterable<N>): N | undefined {
  let best: N | undefined
  let highest = -1
  for (const node of nodes) {
    const score = hashOf(`${node.id} ${key}`)
    // Hashes that are equal by chance: the names decide, so that all clients agree.
    if (score > highest || (score === highest && best !== undefined && node.id > best.id)) {
      best = node
      highest = score
    }
  }
  return best
}
