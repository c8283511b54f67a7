import { type AsyncStore, createStore } from '@genpool/state-ane'
import type { VirtualClock } from '@genpool/runtime/testing'
import { memoryEngine } from '../../../state-ane/test/journal/memory-engine'

/** A store whose disk takes some time for each write. */
export interface LateStore {
  readonly store: AsyncStore
  /** How long each write takes from now on, in milliseconds. */
  takes(ms: number): void
  /** The writes from now on fail at their end, and nothing of them is kept. */
  fails(): void
}

export function lateStore(clock: VirtualClock): LateStore {
  const engine = memoryEngine()
  let [takes, fails] = [0, false]
  const late = {
    events: engine.events.bind(engine),
    latestSnapshot: engine.latestSnapshot.bind(engine),
    takeSnapshot: engine.takeSnapshot.bind(engine),
    persist: async (event: never) => {
      // A failed write is made void by another one, which works.
      const isFailing = fails
      fails = false
      if (takes > 0) await clock.wait(takes)
      if (isFailing) throw new Error('the disk is full')
      return engine.persist(event)
    },
  }
  const store = createStore({ journal: { engine: late as never } })
  return { store, takes: (ms) => void (takes = ms), fails: () => void (fails = true) }
}
