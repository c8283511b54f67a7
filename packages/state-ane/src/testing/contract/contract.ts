import { cellLaws, watchLaws } from './cell-laws'
import type { StoreLaw } from './law'
import { storeLaws } from './store-laws'

/**
 * What every store promises, whether its commits are promises or not: run it over a store of your own.
 *
 * @example
 * describe('my store', () => {
 *   it.each(storeContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(myStore))
 * })
 */
export const storeContract: readonly StoreLaw[] = [...cellLaws, ...watchLaws, ...storeLaws]
