import assert from 'node:assert/strict'
import { findCounterexample } from '../serialisability/check'
import { cellLaws, watchLaws } from './cell-laws'
import type { StoreLaw } from './law'
import { storeLaws } from './store-laws'

const serialisable: StoreLaw = {
  name: 'random concurrent histories have a serial order, with waits, crashes and refusals in between',
  async check(make) {
    const found = await findCounterexample(make, { histories: 200 })
    assert.equal(found, undefined, found?.text)
  },
}

/**
 * What every store promises, whether its commits are promises or not: run it over a store of your own.
 *
 * @example
 * describe('my store', () => {
 *   it.each(storeContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(myStore))
 * })
 */
export const storeContract: readonly StoreLaw[] = [...cellLaws, ...watchLaws, ...storeLaws, serialisable]
