import { type Turn } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import { type SharedState } from './shared-state'
import type { Thread } from './thread'

/** What the threads of one pool have in common. `W` does the work of one member, in a thread. */
export interface Threads<W> {
  readonly prefetch: number | 'auto'
  /** A thread that loads or has loaded the module. */
  take(): Thread
  /** A thread that its member leaves is there for the next one. */
  keep(thread: Thread): void
  /** The same of one that may still load. */
  leftLoading(thread: Thread): void
  /** Something is under way: looks after it until all is done. */
  watch(): void
  /** Work may have to move to a thread that has none. */
  balanceLater(turn: Turn): void
  /** Takes back what no thread has begun. */
  giveBackAll(): void
  /** Whether another thread could take work. */
  readonly hasOthers: boolean
  ready(worker: W, turn: Turn): void
  ended(worker: W, poolStops: boolean): void
  learn(manifest: Awaited<Thread['loaded']>): void
  /** The state that all members share. */
  sharedState(cell: Cell<unknown>): SharedState
  /** Nobody follows it any more. */
  leaveState(shared: SharedState): void
}
