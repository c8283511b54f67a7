import { checkFunction, isPromise, parseOptions, readSafely, wrongArgument } from '@genpool/runtime'
import { Journal, type JournalOptions } from '../journal/journal'
import type { Backing, Mirror } from './backing'
import { GroupedStore } from './grouped-store'
import { JournalBacking } from './journal-backing'
import { MemoryStore } from './memory-store'
import { type StoreOptions, storeOptions } from './options'
import type { AsyncStore, SyncStore } from './store'

/**
 * Creates a store of versioned cells. A commit is done when its call returns. With a `journal`, a commit is a promise.
 *
 * @throws {OptionsError} if an option is unknown or out of range, or another store has the key of the journal; nothing is created
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
  if (checked.journal === undefined) return memory
  const journal = new Journal(checked.journal, checked.name)
  return new GroupedStore(memory, (mirror) => new JournalBacking(mirror, journal))
}

/**
 * Creates a store that keeps its commits in a backing of your own: on a server, in a database.
 *
 * The store has cells, recipes, validators, watchers, holds and group commit. The backing writes: one compare-and-set for all
 * commits that wait, say.
 *
 * @param backed makes the backing. Its argument is how the backing tells the store what others have committed
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @example const store = backedStore({ initial: { count: 0 } }, (mirror) => new TableBacking(mirror, table))
 */
export function backedStore(options: Omit<StoreOptions, 'journal'>, backed: (mirror: Mirror) => Backing): AsyncStore {
  const checked = parseOptions(storeOptions, options, 'options of backedStore')
  checkFunction({ of: 'backedStore', argument: 'backed' }, backed)
  return new GroupedStore(new MemoryStore(checked), (mirror) => {
    const backing = backed(mirror)
    if (isBacking(backing)) return backing
    const expected = 'a function that returns a backing { ready, known(), write() }'
    throw wrongArgument({ of: 'backedStore', argument: 'backed', expected }, backing)
  })
}

function isBacking(value: unknown): boolean {
  const backing = value as Partial<Backing> | null | undefined
  const has = (): boolean => typeof backing?.known === 'function' && typeof backing.write === 'function'
  return readSafely(() => has() && isPromise(backing?.ready), false)
}
