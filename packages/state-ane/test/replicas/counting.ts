import { createStore, PatchLog, type ReplicaCell } from '@genpool/state-ane'
import { Far } from './replica-store'

/** Pseudo-random waits, the same in each run. */
export function delays(seed: number, most: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % (most + 1)
  }
}

/** What the replicas count. */
export interface State {
  readonly n: number
  readonly by: Readonly<Record<string, number>>
}

/** What is under way in this turn is done then. */
export const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Setup {
  readonly validate?: (state: State) => boolean
  readonly turnLength?: number | undefined
  readonly limit?: (end: () => void) => void
}

/** A cell that counts, and so many replicas of it. */
export function setUp(count: number, delay: () => number, { validate, turnLength, limit }: Setup = {}) {
  const cell = createStore().cell<State>('state', {
    initial: { n: 0, by: {} },
    ...(validate === undefined ? {} : { validate }),
  })
  const log = new PatchLog<State>(cell)
  const far = Array.from({ length: count }, () => new Far(log as never, delay, undefined, turnLength, limit))
  return { cell, far }
}
/** One more, by this name. */
export const add = (draft: { n: number; by: Record<string, number> }, name: string): void => {
  draft.n += 1
  draft.by[name] = (draft.by[name] ?? 0) + 1
}
export const replicaOf = (far: Far | undefined): ReplicaCell<State> => far?.replica as never
