import assert from 'node:assert/strict'
import { findCounterexample } from '../serialisability/check'
import { cellLaws, watchLaws } from './cell-laws'
import type { StoreLaw } from './law'
import { storeLaws } from './store-laws'

const serialisable: StoreLaw = {
  name: 'random concurrent histories with waits, crashes and refusals have a serial order',
  async check(make) {
    const found = await findCounterexample(make, { histories: 200 })
    assert.equal(found, undefined, found?.text)
  },
}

/**
 * The laws of every store, with or without promises. Run them on your own store.
 *
 * @example
 * describe('my store', () => {
 *   it.each(storeContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(myStore))
 * })
 */
export const storeContract: readonly StoreLaw[] = [...cellLaws, ...watchLaws, ...storeLaws, serialisable]
