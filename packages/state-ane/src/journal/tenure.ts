import { type OptionsError, wrongOptions } from '@genpool/runtime'

const held = new WeakMap<object, Map<string, Tenure>>()

/**
 * The right of one store to write under a key of an engine, until it ends.
 *
 * Two at once would give the same numbers to their records, and each snapshot would remove what the other one has written.
 */
export class Tenure {
  /** Resolves when the one before has written all that it began. */
  readonly begins: Promise<unknown> | undefined
  #ends: Promise<unknown> | undefined

  /** @throws {OptionsError} if another store has it */
  constructor(
    engine: object,
    key: string,
    private readonly store: string,
  ) {
    const keys = held.get(engine) ?? new Map<string, Tenure>()
    const before = keys.get(key)
    if (before !== undefined && before.#ends === undefined) throw taken(key, before.store)
    this.begins = before === undefined ? undefined : before.#ends
    keys.set(key, this)
    held.set(engine, keys)
  }

  /** @param written settles when nothing is written any more */
  end(written: Promise<unknown>): void {
    this.#ends ??= Promise.allSettled([this.begins, written])
  }
}

function taken(key: string, by: string): OptionsError {
  const message =
    `the store "${by}" keeps its commits under the key "${key}" of this engine, and each would remove commits of the other. Use that ` +
    'store for both, or give this one another "key". If that one is no longer used, call its "destroy()" first'
  return wrongOptions('options of the store', [{ path: ['journal', 'key'], message }])
}
