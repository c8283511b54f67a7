import { parseOptions } from '@genpool/runtime'
import { Journal, type JournalOptions } from '../journal/journal'
import { JournaledStore } from './journaled-store'
import { MemoryStore } from './memory-store'
import { type StoreOptions, storeOptions } from './options'
import type { AsyncStore, SyncStore } from './store'

/**
 * Creates a store of versioned cells. A commit is done when its call returns. With a `journal`, a commit is a promise.
 *
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @example
 * const store = createStore()
 * const counter = store.cell('counter', { initial: { count: 0 } })
 * counter.update((draft) => { draft.count += 1 })
 * counter.value.count // 1
 */
export function createStore(options: StoreOptions & { readonly journal: JournalOptions }): AsyncStore
export function createStore(options?: StoreOptions & { readonly journal?: undefined }): SyncStore
export function createStore(options: StoreOptions = {}): SyncStore | AsyncStore {
  const checked = parseOptions(storeOptions, options, 'options of the store')
  const memory = new MemoryStore(checked)
  return checked.journal === undefined ? memory : new JournaledStore(memory, new Journal(checked.journal))
}
