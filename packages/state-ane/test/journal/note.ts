import { type AsyncStore, createStore } from '@genpool/state-ane'
import { type MemoryEngine, reopened } from './memory-engine'

/** What is in the cell "note" of these tests. */
export interface Note {
  [name: string]: unknown
}

/** A store on an engine, as after a restart. */
export async function opened(engine: MemoryEngine, initial: Note = {}): Promise<AsyncStore> {
  const store = createStore({ initial, journal: { engine: reopened(engine) } })
  await store.ready
  return store
}
