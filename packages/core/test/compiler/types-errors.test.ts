import { compilerSays } from './compiler-says'

const PRELUDE = `
import { type Behaviour, call, cast, configure, definePool, type ElsewhereRef, getState, halt, isGenPoolError, noReply, reply, spawnPool } from '@genpool/core'
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

interface Slip {
  readonly slip: string
  readonly code: string
  /** What is underlined. */
  readonly at: string
  /** What the text names. */
  readonly says: readonly string[]
}

const SLIPS: readonly Slip[] = [
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
    slip: 'a call with retry, of a pool that runs elsewhere',
    code: `void call(far, { type: 'stock' }, { retry: { attempts: 2 } })`,
    at: 'retry',
    says: ['this pool runs elsewhere: it has no such option'],
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

/** Faults of definitions. The compiler puts "No overload matches" in front, and then says only what is wrong. */
const DEFINITIONS: readonly Slip[] = [
  {
    slip: 'a next state of another shape',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: (_msg: object, _state) => reply(1, { m: 1 }) } })`,
    at: 'add',
    says: [`Property 'n' is missing in type '{ m: number; }' but required in type '{ n: number; }'`],
  },
  {
    slip: 'an async handler that returns nothing',
    code: `definePool({ init: () => 0, calls: { add: async (_msg: object, _state) => { await 1 } } })`,
    at: 'add',
    says: [`Type 'Promise<void>'`, `Type 'void' is not assignable to type 'CallStep<any, number>'`],
  },
  {
    slip: 'a handler that returns nothing',
    code: `definePool({ init: () => 0, calls: { add: (_msg: object, _state) => { system } } })`,
    at: 'add',
    says: [`Type 'void' is not assignable to type 'Eventually<CallStep<any, number>>'`],
  },
  {
    slip: 'a handler that returns a bare value',
    code: `definePool({ init: () => 0, calls: { add: () => 5 } })`,
    at: 'add',
    says: [`Type 'number' is not assignable to type 'Eventually<CallStep<any, number>>'`],
  },
  {
    slip: 'a handler that replies with a promise',
    code: `definePool({ init: () => 0, calls: { add: () => reply(Promise.resolve(5)) } })`,
    at: 'add',
    says: ['the answer is a promise: await it before reply'],
  },
  {
    slip: 'an async handler that replies with a promise and a recipe',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: async (_msg: object, _state) => reply(fetch('/'), (draft) => void draft.n++) } })`,
    at: 'add',
    says: ['the answer is a promise: await it before reply'],
  },
  {
    slip: 'an async function of the answer',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: (_msg: object, _state) => reply(async (state) => state.n) } })`,
    at: 'add',
    says: ['the answer is a promise: await it before reply'],
  },
  {
    slip: 'a handler that halts with a promise',
    code: `definePool({ init: () => 0, calls: { add: () => halt('done', { reply: Promise.resolve(5) }) } })`,
    at: 'add',
    says: ['the answer is a promise: await it before reply'],
  },
  {
    slip: 'a cast that replies',
    code: `definePool({ init: () => 0, casts: { log: () => reply(1) } })`,
    at: 'log',
    says: [`Type 'Reply<number, any>' is not assignable to type 'Eventually<CastStep<number>>'`],
  },
  {
    slip: 'a catch-all that returns a bare value',
    code: `definePool({ init: () => 0, handleCall: (_message: string, _from, _state) => 5 })`,
    at: 'handleCall',
    says: [`Type 'number' is not assignable to type 'Eventually<CallStep<unknown, number>>'`],
  },
  {
    slip: 'both forms at once',
    code: `definePool({ init: () => 0, calls: { one: () => reply(1) }, handleCast: (_message: string) => noReply() })`,
    at: 'handleCast',
    says: ['either calls and casts, or handleCall and handleCast'],
  },
  {
    slip: 'a misspelt callback',
    code: `definePool({ init: () => 0, call: { one: () => reply(1) } })`,
    at: 'call',
    says: [`'call' does not exist in type 'PoolDefinition<`, `Did you mean to write 'calls'?`],
  },
]

const QUERY = `void query(shop, { type: 'sel', item: 'pen', pieces: 1 }, 100)`

const said = compilerSays(PRELUDE, [...SLIPS.map(({ code }) => code), ...DEFINITIONS.map(({ code }) => code), QUERY])

describe('what the compiler says', () => {
  it.each(SLIPS.map((slip, index) => ({ ...slip, said: said[index] ?? [] })))(
    'to $slip names what is wrong',
    ({ said, at, says }) => {
      expect(said).toEqual([{ at, text: expect.any(String) as string }])
      for (const part of says) expect(said[0]?.text).toContain(part)
      expect(said[0]?.text).not.toMatch(/overload|type 'never'/)
    },
  )

  it.each(DEFINITIONS.map((slip, index) => ({ ...slip, said: said[SLIPS.length + index] ?? [] })))(
    'to $slip names what is wrong, and no other form of definePool',
    ({ said, at, says }) => {
      expect(said).toEqual([{ at, text: expect.any(String) as string }])
      for (const part of says) expect(said[0]?.text).toContain(part)
      expect(said[0]?.text).not.toMatch(/Overload 1|type 'never'|PlainFunction/)
    },
  )

  it('to a query of an unknown type names the known ones', () => {
    // nact's own form of `query` is listed, too.
    expect(said.at(-1)).toEqual([{ at: 'type', text: expect.stringContaining(`Did you mean '"sell"'?`) as string }])
  })
})
