import type { Slip } from './slips'

/** Faults in the options of a pool. */
export const OPTIONS: readonly Slip[] = [
  {
    slip: 'an unknown option',
    code: `spawnPool(system, Shop, 'n', { sise: 10 })`,
    at: 'sise',
    says: [`'sise' does not exist`, 'PoolOptions'],
  },
  {
    slip: 'an unknown option within an option',
    code: `spawnPool(system, Shop, 'n', { restart: { atempts: 4 } })`,
    at: 'atempts',
    says: [`'atempts' does not exist`, 'attempts?: number'],
  },
  {
    slip: 'an unknown option of a plain function',
    code: `spawnPool(system, (state: number, by: number) => state + by, 'n', { initalState: 1 })`,
    at: 'initalState',
    says: [`'initalState' does not exist`, `Did you mean to write 'initialState'?`],
  },
  {
    slip: `nact's option for a behaviour`,
    code: `spawnPool(system, Shop, 'n', { initialState: 1 })`,
    at: 'initialState',
    says: [`'initialState' does not exist`, 'PoolOptions'],
  },
  {
    slip: 'a wrong value of an option',
    code: `spawnPool(system, Shop, 'n', { size: '10' })`,
    at: 'size',
    says: [`Type 'string' is not assignable to type 'number |`],
  },
  {
    slip: 'a misspelt value of an option',
    code: `spawnPool(system, Shop, 'n', { state: 'sharde' })`,
    at: 'state',
    says: [`"sharde"`, `Did you mean '"shared"'?`],
  },
  {
    slip: 'a misspelt queue',
    code: `spawnPool(system, Shop, 'n', { broker: { client: { type: 'codl' } } })`,
    at: 'client',
    says: [`"codl"`, `Did you mean '"codel"'?`],
  },
  {
    slip: 'an unknown option to change',
    code: `configure(shop, { sise: 10 })`,
    at: 'sise',
    says: [`'sise' does not exist`, 'PoolChanges'],
  },
  {
    slip: 'another kind of state for a running pool',
    code: `configure(shop, { state: 'isolated' })`,
    at: 'state',
    says: [`Type 'string' has no properties in common`, 'StateChanges'],
  },
  {
    slip: 'something of the state that is fixed',
    code: `configure(shop, { state: { key: 'other' } })`,
    at: 'key',
    says: [`'key' does not exist`, 'StateChanges'],
  },
  {
    slip: 'another clock for a running pool',
    code: `configure(shop, { random: () => 0.5 })`,
    at: 'random',
    says: [`'random' does not exist`, 'PoolChanges'],
  },
  {
    slip: 'an async "by" of a rate',
    code: `spawnPool(system, Shop, 'n', { rate: { limit: 1, by: async () => 'a' } })`,
    at: 'by',
    says: ['Promise<string>', 'a promise is no key: await it first'],
  },
  {
    slip: 'an async "by" of limits',
    code: `spawnPool(system, Shop, 'n', { limits: { concurrency: 1, by: async () => 'a' } })`,
    at: 'by',
    says: ['Promise<string>', 'a promise is no key: await it first'],
  },
  {
    slip: 'a misspelt property in the "by" of limits',
    code: `spawnPool(system, Shop, 'n', { limits: { concurrency: 1, by: 'itme' } })`,
    at: 'by',
    says: [`"itme"`, `"item"`, `"pieces"`],
  },
  {
    slip: 'a misspelt property in the "cost" of a rate',
    code: `spawnPool(system, Shop, 'n', { rate: { limit: 1, cost: 'peices' } })`,
    at: 'cost',
    says: [`"peices"`, `is not assignable to type '"pieces"'`],
  },
  {
    slip: 'a property that is no number, in the "cost" of a rate',
    code: `spawnPool(system, Shop, 'n', { rate: { limit: 1, cost: 'item' } })`,
    at: 'cost',
    says: [`"item"`, `is not assignable to type '"pieces"'`],
  },
  {
    slip: 'a misspelt property in a function "by"',
    code: `spawnPool(system, Shop, 'n', { limits: { by: (message) => message.typ } })`,
    at: 'typ',
    says: [`Property 'typ' does not exist`],
  },
  {
    slip: 'limits without a key',
    code: `spawnPool(system, Shop, 'n', { limits: { concurrency: 1 } })`,
    at: 'limits',
    says: [`Property 'by' is missing`],
  },
  {
    slip: 'an unknown option of limits',
    code: `spawnPool(system, Shop, 'n', { limits: { by: 'item', concurency: 1 } })`,
    at: 'concurency',
    says: [`'concurency' does not exist`, `Did you mean to write 'concurrency'?`],
  },
  {
    slip: 'an async "by" of a fair queue',
    code: `spawnPool(system, Shop, 'n', { broker: { client: { type: 'fair', by: async () => 'a' } } })`,
    at: 'client',
    says: ['Promise<string>', 'a promise is no key: await it first'],
  },
  {
    slip: 'a forgotten name',
    code: `spawnPool(system, Shop, { size: 4 })`,
    at: '{ size: 4 }',
    says: [`'{ size: number; }' is not assignable to parameter of type 'string'`],
  },
]
