export const PRELUDE = `
import { type Behaviour, call, cast, configure, definePool, type ElsewhereRef, getState, halt, isGenPoolError, map, noReply, reply, spawnPool, when } from '@genpool/core'
import { query, start } from 'nact'
const system = start()
const Shop = definePool({
  init: () => ({ sold: 0, items: ['pen'] }),
  calls: {
    sell: (msg: { item: string; pieces: number }, state) =>
      reply(state.sold + msg.pieces, (draft) => void (draft.sold += msg.pieces)),
    stock: () => reply(1),
  },
  casts: { log: (_msg: { line: string }) => undefined, clear: () => noReply() },
})
const shop = spawnPool(system, Shop, 'shop')
const echo = spawnPool(system, definePool({ handleCall: (message: 'ping' | number) => reply(message) }), 'echo')
const sink = spawnPool(system, definePool({ casts: { log: (_msg: { line: string }) => undefined } }), 'sink')
const source = spawnPool(system, definePool({ calls: { stock: () => reply(1) } }), 'source')
const far = shop as unknown as ElsewhereRef<typeof Shop extends Behaviour<infer P> ? P : never, { readonly name: string }>
const error: unknown = undefined
`

export interface Slip {
  readonly slip: string
  readonly code: string
  /** What is underlined. */
  readonly at: string
  /** What the text names. */
  readonly says: readonly string[]
}

export const SLIPS: readonly Slip[] = [
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
    slip: 'a shared call of a pool that runs elsewhere',
    code: `void call(far, { type: 'stock' }, { share: 'a' })`,
    at: 'share',
    says: [`"a"`, 'this pool runs elsewhere: it has no such option'],
  },
  {
    slip: 'a cast that replaces another one, to a pool that runs elsewhere',
    code: `cast(far, { type: 'clear' }, { latest: 'a' })`,
    at: 'latest',
    says: [`"a"`, 'this pool runs elsewhere: it has no such option'],
  },
  {
    slip: 'a cast with a key that replaces another one',
    code: `cast(shop, { type: 'log', line: 'x' }, { key: 'a', latest: 'a' })`,
    at: 'latest',
    says: [`"a"`, 'a cast has a key or a latest, not both'],
  },
  {
    slip: 'a call with retry, of a pool that runs elsewhere',
    code: `void call(far, { type: 'stock' }, { retry: { attempts: 2 } })`,
    at: 'retry',
    says: ['this pool runs elsewhere: it has no such option'],
  },
  {
    slip: 'a key that is a promise',
    code: `void call(shop, { type: 'stock' }, { key: Promise.resolve('a') })`,
    at: 'key',
    says: ['Promise<string>', 'a promise is no key: await it first'],
  },
  {
    slip: 'a share that is a promise',
    code: `void call(shop, { type: 'stock' }, { share: Promise.resolve('a') })`,
    at: 'share',
    says: ['Promise<string>', 'a promise is no key: await it first'],
  },
  {
    slip: 'a latest that is a promise',
    code: `cast(shop, { type: 'clear' }, { latest: Promise.resolve('a') })`,
    at: 'latest',
    says: ['Promise<string>', 'a promise is no key: await it first'],
  },
  {
    slip: 'the key of a map that is a promise',
    code: `map(shop, [{ type: 'stock' }], { key: async () => 'a' })`,
    at: 'key',
    says: ['Promise<string>', 'a promise is no key: await it first'],
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
    slip: 'a wait for nothing',
    code: `void when(shop, {})`,
    at: '{}',
    says: ['Condition'],
  },
  {
    slip: 'a forgotten name',
    code: `spawnPool(system, Shop, { size: 4 })`,
    at: '{ size: 4 }',
    says: [`'{ size: number; }' is not assignable to parameter of type 'string'`],
  },
  {
    slip: 'a call of an unknown type',
    code: `void call(shop, { type: 'sel', item: 'pen', pieces: 1 })`,
    at: 'type',
    says: [`"sel"`, `"sell" | "stock"`, `Did you mean '"sell"'?`],
  },
  {
    slip: 'a cast of an unknown type',
    code: `cast(shop, { type: 'lag', line: 'x' })`,
    at: 'type',
    says: [`"lag"`, `"log" | "clear"`],
  },
  {
    slip: 'a message that a catch-all does not know',
    code: `void call(echo, 'pong')`,
    at: `'pong'`,
    says: [`"pong"`, `"ping"`, 'number'],
  },
  {
    slip: 'a missing field',
    code: `void call(shop, { type: 'sell', item: 'pen' })`,
    at: `{ type: 'sell', item: 'pen' }`,
    says: [`Property 'pieces' is missing`, `required in type '{ item: string; pieces: number; }'`],
  },
  {
    slip: 'a missing type',
    code: `void call(shop, { item: 'pen', pieces: 1 })`,
    at: `{ item: 'pen', pieces: 1 }`,
    says: [`Property 'type' is missing`, `"sell" | "stock"`],
  },
  {
    slip: 'a field too many',
    code: `void call(shop, { type: 'sell', item: 'pen', pieces: 1, pices: 1 })`,
    at: 'pices',
    says: [`'pices' does not exist`, `Did you mean to write 'pieces'?`],
  },
  {
    slip: 'a field of a wrong type',
    code: `void call(shop, { type: 'sell', item: 7, pieces: 1 })`,
    at: 'item',
    says: [`Type 'number' is not assignable to type 'string'`],
  },
  {
    slip: 'a call of what is a cast',
    code: `void call(shop, { type: 'log', line: 'x' })`,
    at: 'type',
    says: [`"log"`, 'this type is a cast: use cast(pool, message)'],
  },
  {
    slip: 'a cast of what is a call',
    code: `cast(shop, { type: 'stock' })`,
    at: 'type',
    says: [`"stock"`, 'this type is a call: use call(pool, message)'],
  },
  {
    slip: 'a call to a pool of casts',
    code: `void call(sink, { type: 'log', line: 'x' })`,
    at: `{ type: 'log', line: 'x' }`,
    says: ['this pool has no calls: use cast(pool, message)'],
  },
  {
    slip: 'a cast to a pool of calls',
    code: `cast(source, { type: 'stock' })`,
    at: `{ type: 'stock' }`,
    says: ['this pool has no casts: use call(pool, message)'],
  },
  {
    slip: 'a wrong type for the reply',
    code: `const stock: string = await call(shop, { type: 'stock' }); void stock`,
    at: 'stock',
    says: [`Type 'number' is not assignable to type 'string'`],
  },
  {
    slip: 'an unknown option of a call',
    code: `void call(shop, { type: 'stock' }, { timeOut: 5 })`,
    at: 'timeOut',
    says: [`'timeOut' does not exist`, `Did you mean to write 'timeout'?`],
  },
  {
    slip: 'a number for the options of a call',
    code: `void call(shop, { type: 'stock' }, 1000)`,
    at: '1000',
    says: [`'1000'`, 'CallOptions'],
  },
  {
    slip: 'any reference for a pool',
    code: `void call(system, { type: 'stock' })`,
    at: 'system',
    says: ['PoolRef'],
  },
  {
    slip: 'a change of the state from outside',
    code: `getState(shop).items.push('ink')`,
    at: 'push',
    says: [`'push' does not exist on type 'readonly string[]'`],
  },
  {
    slip: 'a field of another error',
    code: `if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) void error.started`,
    at: 'started',
    says: [`'started' does not exist on type 'DroppedError'`],
  },
  {
    slip: 'a recipe that writes to what is not in the state',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: (_msg: object, _state) => reply(1, (draft) => void draft.m++) } })`,
    at: 'm',
    says: [`Property 'm' does not exist`, `{ n: number; }`],
  },
  {
    slip: 'a recipe that writes a wrong type',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: (_msg: object, _state) => reply(1, (draft) => void (draft.n = '1')) } })`,
    at: 'draft.n',
    says: [`Type 'string' is not assignable to type 'number'`],
  },
]

export const QUERY = `void query(shop, { type: 'sel', item: 'pen', pieces: 1 }, 100)`
