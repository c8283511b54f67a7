import assert from 'node:assert/strict'
import { isGenPoolError } from '@genpool/runtime'
import type { ErrorCode } from '@genpool/runtime'
import type { MaybePromise } from '../../cells/maybe-promise'
import type { Store } from '../../stores/store'
import type { StoreFactory } from '../store-factory'

/** A property that every store must have. */
export interface StoreLaw {
  readonly name: string
  /** Rejects with an AssertionError if a store from `make` breaks the law. */
  check(make: StoreFactory): Promise<void>
}

/** Makes a law about one store. An unexpected error of a watcher breaks it. */
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

/** Asserts that an attempt fails with this code, now or later, and returns the error. */
export async function refused(code: ErrorCode, attempt: () => MaybePromise<unknown>): Promise<Error> {
  try {
    await attempt()
  } catch (error) {
    assert.ok(isGenPoolError(error, code), `expected ${code}, but got ${String(error)}`)
    return error
  }
  return assert.fail(`expected ${code}, but it succeeded`)
}
