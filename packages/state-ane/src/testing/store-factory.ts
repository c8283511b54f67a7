import type { MaybePromise } from '../cells/maybe-promise'
import type { Store } from '../stores/store'

/** The options for a store under test. */
export interface ContractOptions {
  /** The store must call this with each error of a watcher. */
  readonly onWatcherError: (error: unknown) => void
}

/** Makes a new, empty store for one law. */
export type StoreFactory = (options: ContractOptions) => MaybePromise<Store>
