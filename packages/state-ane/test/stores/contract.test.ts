import { createStore } from '@genpool/state-ane'
import { slowStore, storeContract, type StoreFactory } from '@genpool/state-ane/testing'

const stores: readonly (readonly [string, StoreFactory])[] = [
  ['the embedded store', (options) => createStore(options)],
  ['the embedded store in plain mode', (options) => createStore({ ...options, mode: 'plain' })],
  ['a slow asynchronous store', slowStore],
]

describe.each(stores)('%s', (_name, make) => {
  it.each(storeContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(make))
})
