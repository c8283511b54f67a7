import { createStore } from '@genpool/state-ane'
import { memoryEngine } from '../journal/memory-engine'
import { slowStore, storeContract, type StoreFactory } from '@genpool/state-ane/testing'

const stores: readonly (readonly [string, StoreFactory])[] = [
  ['the embedded store', (options) => createStore(options)],
  ['the embedded store in plain mode', (options) => createStore({ ...options, mode: 'plain' })],
  ['a slow asynchronous store', slowStore],
  [
    'a store with a journal',
    (options) => createStore({ ...options, journal: { engine: memoryEngine(), snapshotEvery: 3 } }),
  ],
]

describe.each(stores)('%s', (_name, make) => {
  it.each(storeContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(make))
})
