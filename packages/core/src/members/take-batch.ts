import type { Request } from '../requests/request'
import { type BatchMember, BatchRun } from './batch-run'

/** A member that begins a batch. */
interface Batching<M> extends BatchMember {
  readonly crew: BatchMember['crew'] & {
    readonly work: { takeBatch(member: M, first: Request, limit: number): readonly Request[] }
  }
}

/** Makes a batch of a request and the others for its handler: first from the member's own hand, then from the queue. */
export function takeBatch<M extends Batching<M>>(member: M, first: Request): void {
  const others = othersOf(member, first)
  first.extend().companions = others
  if (others.length > 0) new BatchRun(member, first, others)
}

function othersOf<M extends Batching<M>>(member: M, first: Request): readonly Request[] {
  const { hand, crew } = member
  const batch = hand.takeBatch(first)
  if (hand.count > hand.given) return batch
  return [...batch, ...crew.work.takeBatch(member, first, first.handler.batch - 1 - batch.length)]
}
