import {
  call,
  cast,
  configure,
  definePool,
  explain,
  inspect,
  isGenPoolError,
  noReply,
  previewChanges,
  reply,
  spawnPool,
} from '@genpool/core'
import { query } from 'nact'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- types of any name */

/** Names that every plain object inherits. */
const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'isPrototypeOf']
/** Handlers cannot have the other two. */
const HANDLED = NAMES.filter((name) => name !== 'constructor' && name !== '__proto__')
const own = <T>(make: (name: string) => T): Record<string, T> => {
  const made: Record<string, T> = {}
  for (const name of HANDLED) Object.defineProperty(made, name, { value: make(name), enumerable: true })
  return made
}
const put: string[] = []
const Named = definePool({
  calls: own((name) => () => reply(name)),
  casts: own((name) => () => {
    put.push(name)
    return noReply()
  }),
} as any) as any
const Other = definePool({ calls: { add: () => reply(1) }, casts: { put: () => noReply() } })
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => (isGenPoolError(error) ? error.code : error),
  )
const spawned = (behaviour: any, options: object = {}): any =>
  spawnPool(system, behaviour, undefined, { size: 1, clock, ...options } as any)

describe('a message whose type has the name of something that objects inherit', () => {
  it.each(HANDLED)('has its handler: %s', async (type) => {
    const pool = spawned(Named)
    expect(await call(pool, { type } as any)).toBe(type)
    expect(await query(pool, { type } as never, 1000)).toBe(type)
    put.length = 0
    expect(cast(pool, { type } as any)).toEqual({ ok: true })
    await clock.settle()
    expect(put).toEqual([type])
  })

  it.each(NAMES)('is of an unknown type without one: %s', async (type) => {
    const pool = spawned(Other)
    expect(await codeOf(call(pool, { type } as any))).toBe('ERR_GENPOOL_INVALID')
    expect(cast(pool, { type } as any)).toMatchObject({ ok: false, error: { code: 'ERR_GENPOOL_INVALID' } })
  })

  it('is counted as any other', async () => {
    const pool = spawned(Named, { limits: { by: 'key', concurrency: 1 }, rate: { limit: 1, interval: 1000 } })
    const calls = [...HANDLED, ...HANDLED].map((type) => call(pool, { type } as any, { key: type, timeout: 60_000 }))
    await clock.settle()
    const { type: counts } = inspect(pool).waitingBy
    expect(Object.keys(counts).sort()).toEqual([...HANDLED].sort())
    for (const name of HANDLED) expect(Object.getOwnPropertyDescriptor(counts, name)?.value).toBeGreaterThan(0)
    expect(explain(pool).text).toContain('rate')
    await clock.advance(20_000)
    expect(await Promise.all(calls)).toEqual([...HANDLED, ...HANDLED])
  })
})

describe('a handler', () => {
  const handler = () => reply(1)
  it.each<[string, string, object]>([
    ['calls', 'constructor', { constructor: handler }],
    ['calls', 'constructor', { constructor: { handle: handler } }],
    ['casts', 'constructor', { constructor: handler }],
    ['calls', '__proto__', { ['__proto__']: handler }],
    ['calls', '__proto__', { ['__proto__']: { handle: handler } }],
    ['casts', '__proto__', { __proto__: handler }],
    ['calls', '__proto__', { __proto__: { handle: handler } }],
  ])('in %s cannot be called %s, and the error says so: %#', (kind, name, map) => {
    expect(() => definePool({ [kind]: { ...map, __proto__: Object.getPrototypeOf(map) as object } } as any)).toThrow(
      `The callbacks given to definePool are wrong; nothing was changed.\n` +
        `  at ${kind}.${name}: no message can have the type "${name}". Take another name`,
    )
  })
})

describe('options by type', () => {
  it.each(HANDLED)('a message that crashes is not tried again because objects inherit its type: %s', async (type) => {
    let runs = 0
    const crash = (): never => {
      runs++
      throw new Error('it failed')
    }
    const Crashing = definePool({ calls: { [type]: crash, other: () => reply(1) } } as any)
    const pool = spawned(Crashing, { retryOnCrash: { other: 3 }, poisonAfter: 9 })
    const answer = codeOf(call(pool, { type } as any, { retry: { attempts: 3 } } as any))
    await clock.advance(3000)
    expect([await answer, runs]).toEqual(['ERR_GENPOOL_CRASHED', 1])
  })

  it.each(['{ "__proto__": { "timeout": 7 } }', '{ "broker": { "__proto__": { "budget": false } } }'])(
    'changes that come as JSON cannot hide behind a prototype: %s',
    (json) => {
      const pool = spawned(Other)
      for (const change of [configure, previewChanges]) {
        expect(() => change(pool, JSON.parse(json))).toThrow(/at (the top|broker): unknown key "__proto__"/)
      }
    },
  )

  it.each([
    ['retryOnCrash', '{ "retryOnCrash": { "__proto__": 2 } }'],
    ['broker.client.weight', '{ "broker": { "client": { "type": "fair", "weight": { "__proto__": 2 } } } }'],
  ])('the name __proto__ is refused in %s', (at, json) => {
    const says = `at ${at}.__proto__: nothing can have this name`
    expect(() => spawned(Other, JSON.parse(json) as object)).toThrow(says)
    expect(() => configure(spawned(Other), JSON.parse(json) as object)).toThrow(says)
  })
})
