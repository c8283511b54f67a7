import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Node } from './node'

/** Of so many requests, one may go to a node that has got none for so long. */
const ONE_OF = 200
const RESTED: Nanos = 1000 * NS_PER_MS

/**
 * Tries nodes again that get nothing because they were slow: one of many requests, so that it costs next to nothing if they still are.
 * Pure: time is an argument.
 */
export class Trials {
  #choices = 0

  /** Called for each request. Returns the node that should have this one; undefined if it goes where it is answered first. */
  next(nodes: readonly Node[], now: Nanos): Node | undefined {
    if (++this.#choices < ONE_OF) return undefined
    this.#choices = 0
    let rested: Node | undefined
    for (const node of nodes) {
      const isFree =
        node.inHand < node.said.size &&
        node.beginsInMs(now) === 0 &&
        !node.isFull &&
        !node.isHalted &&
        !node.isDoubtful(now)
      if (!isFree || now - node.sentAt < RESTED) continue
      if (rested === undefined || node.sentAt < rested.sentAt) rested = node
    }
    return rested
  }
}
