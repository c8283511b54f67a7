import type { Request } from '../requests/request'
import type { Hand } from './hand'

/** A member that begins a batch. */
interface Batching<M> {
  readonly hand: Hand
  readonly crew: { readonly work: { takeBatch(member: M, first: Request, limit: number): readonly Request[] } }
}

/** The others of a batch: first from the member's own hand, then from the queue. */
export function takeBatch<M extends Batching<M>>(member: M, first: Request): readonly Request[] {
  const { hand, crew } = member
  const batch = hand.takeBatch(first)
  if (hand.count > hand.given) return batch
  return [...batch, ...crew.work.takeBatch(member, first, first.handler.batch - 1 - batch.length)]
}
