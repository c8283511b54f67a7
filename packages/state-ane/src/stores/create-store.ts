import { parseOptions } from '@genpool/runtime'
import { MemoryStore } from './memory-store'
import { type StoreOptions, storeOptions } from './options'
import type { SyncStore } from './store'

/**
 * A store of versioned cells.
 *
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @example
 * const store = createStore()
 * const counter = store.cell('counter', { initial: { count: 0 } })
 * counter.update((draft) => { draft.count += 1 })
 * counter.value.count // 1
 */
export function createStore(options: StoreOptions = {}): SyncStore {
  return new MemoryStore(parseOptions(storeOptions, options, 'options of the store'))
}
