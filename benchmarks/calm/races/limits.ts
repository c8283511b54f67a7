import type { PoolOptions } from '@genpool/core'
import { calls, callsOfKeys } from '../pools'
import { type Race, rival } from '../race'

const WIDTH = 64
const FEW = 8
/** At a million calls a second, each of these comes a few times within the interval. */
const SOME = 1_000
/** Each of these comes again when its begins are over. */
const MANY = 10_000

/** A rate that holds nobody back. At a million calls a second, a longer window would hold far more begins than in an application. */
const RATE = { limit: 1e9, interval: 10 }

function race(what: string, keys: number, options: PoolOptions): Race {
  return {
    title: `call, ${what}`,
    ours: (house) => callsOfKeys(house, WIDTH, keys, options),
    mixed: false,
    compares: 'time',
    rivals: [rival('without', (house) => callsOfKeys(house, WIDTH, keys), 1.5, 1.25)],
  }
}

/** Pools that hold requests back by rules, or could, against pools without these rules. */
export const limits: readonly Race[] = [
  {
    title: 'call, a rate of work',
    ours: (house) => calls(house, WIDTH, { rate: RATE }),
    mixed: false,
    compares: 'time',
    rivals: [rival('without', (house) => calls(house, WIDTH), 1.5, 1.25)],
  },
  race(`limits per key, ${FEW} keys`, FEW, { limits: { by: 'key', concurrency: WIDTH } }),
  race(`limits per key, ${MANY} keys`, MANY, { limits: { by: 'key', concurrency: WIDTH } }),
  race(`limits per key, ${FEW} keys that wait for them`, FEW, { limits: { by: 'key', concurrency: 1 } }),
  race(`a rate per key, ${FEW} keys`, FEW, { rate: { ...RATE, by: 'key' } }),
  race(`a rate per key, ${SOME} keys that come again within the interval`, SOME, { rate: { ...RATE, by: 'key' } }),
  race(`a rate per key, ${MANY} keys`, MANY, { rate: { ...RATE, by: 'key' } }),
]
