import assert from 'node:assert/strict'
import { isGenPoolError } from '@genpool/runtime'
import type { ErrorCode } from '@genpool/runtime'
import type { MaybePromise } from '../../cells/maybe-promise'
import type { Store } from '../../stores/store'

/** What the laws ask of a store that is made for them. */
export interface ContractOptions {
  /** Where the store must send what watchers throw. */
  readonly onWatcherError: (error: unknown) => void
}

/** Makes a new, empty store for one law. */
export type StoreFactory = (options: ContractOptions) => MaybePromise<Store>

/** One promise that every store keeps. */
export interface StoreLaw {
  readonly name: string
  /** Rejects with an AssertionError if the stores that `make` makes do not keep it. */
  check(make: StoreFactory): Promise<void>
}

/** A law that wants one store. An error of a watcher that it does not expect breaks it. */
export function law(name: string, check: (store: Store, watcherErrors: unknown[]) => Promise<void>): StoreLaw {
  return {
    name,
    async check(make) {
      const watcherErrors: unknown[] = []
      const store = await make({ onWatcherError: (error) => void watcherErrors.push(error) })
      await check(store, watcherErrors)
      assert.deepEqual(watcherErrors, [], 'a watcher failed')
      if (!store.destroyed) store.destroy()
    },
  }
}

/** Asserts that an attempt fails with an error of that code, now or later, and returns the error. */
export async function refused(code: ErrorCode, attempt: () => MaybePromise<unknown>): Promise<Error> {
  try {
    await attempt()
  } catch (error) {
    assert.ok(isGenPoolError(error, code), `expected ${code}, but got ${String(error)}`)
    return error
  }
  return assert.fail(`expected ${code}, but it succeeded`)
}
