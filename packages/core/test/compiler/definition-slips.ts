import type { Slip } from './slips'

/** Faults in what a recipe does with its draft. */
export const RECIPES: readonly Slip[] = [
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
export const DEFINITIONS: readonly Slip[] = [
  {
    slip: 'a recipe that returns another state',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: (_msg: object, _state) => reply(1, () => ({ m: 1 })) } })`,
    at: '() => ({ m: 1 })',
    says: ['a recipe returns the next state, or nothing'],
  },
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
    says: [`Type 'Reply<number, number>' is not assignable to type 'Eventually<CastStep<number>>'`],
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
    slip: 'a wrong next state of a handler that asks for no state',
    code: `definePool({ init: () => ({ n: 0 }), calls: { add: () => reply(1, { m: 1 }) } })`,
    at: 'add',
    says: [`Property 'n' is missing in type '{ m: number; }' but required in type '{ n: number; }'`],
  },
  {
    slip: 'a misspelt callback',
    code: `definePool({ init: () => 0, call: { one: () => reply(1) } })`,
    at: 'call',
    says: [`'call' does not exist in type 'PoolDefinition<`, `Did you mean to write 'calls'?`],
  },
]
