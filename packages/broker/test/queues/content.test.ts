import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { createBroker, fairIdentity } from '../../src'
import { RUNS } from '../laws/runs'
import { Job, type Task } from '../limits/model'

const circular: { self?: object } = {}
circular.self = circular

class Tenant {
  readonly #id: number
  constructor(
    id: number,
    readonly plan = 'free',
  ) {
    this.#id = id
  }
  toString(): string {
    return `tenant ${this.#id}`
  }
}
class Named {
  readonly #name: string
  constructor(name: string) {
    this.#name = name
  }
  toJSON(): string {
    return this.#name
  }
}

/** Without minus zero, which is the same key as zero, and with plain prototypes. */
function plain(value: unknown): unknown {
  return typeof value === 'object' ? (JSON.parse(JSON.stringify(value)) as unknown) : value === 0 ? 0 : value
}

describe('keys that are objects', () => {
  it.each<[string, unknown, unknown]>([
    ['in another order', { a: 1, b: [2] }, { b: [2], a: 1 }],
    ['deep inside', [{ a: { x: 1, y: 2 } }], [{ a: { y: 2, x: 1 } }]],
    ['maps', new Map([['a', 1]]), new Map([['a', 1]])],
    ['maps in another order', new Map(Object.entries({ a: 1, b: 2 })), new Map(Object.entries({ b: 2, a: 1 }))],
    ['sets', new Set(['a', 'b']), new Set(['b', 'a'])],
    ['dates', new Date(5), new Date(5)],
    ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['buffers', new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
    ['addresses', new URL('http://a'), new URL('http://a')],
    ['large numbers', ['a', 1n], ['a', 1n]],
    ['instances that JSON can write', [new Named('a')], [new Named('a')]],
    [
      'copies that Node makes',
      structuredClone(new Map([['a', new Set([{ b: 1 }])]])),
      new Map([['a', new Set([{ b: 1 }])]]),
    ],
    ['without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  ])('are one key if they have the same content: %s', (_, a, b) => {
    expect(fairIdentity(a)).toBe(fairIdentity(b))
  })

  it.each<[string, unknown, unknown]>([
    ['maps', new Map([['tenant', 'a']]), new Map([['tenant', 'b']])],
    ['sets', new Set(['a']), new Set(['b'])],
    ['a map and an object', new Map(), {}],
    ['inside of objects', { of: new Map([['a', 1]]) }, { of: new Map([['a', 2]]) }],
    ['numbers that JSON does not know', [NaN], [Infinity]],
    ['nothing and null', [undefined], [null]],
    ['a place without anything', [1, ,], [1, null]],
    ['errors', new Error('a'), new Error('b')],
    ['regular expressions', /a/, /b/],
    ['buffers', new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
    ['numbers of other sizes', new Uint8Array([1]), new Uint16Array([1])],
    ['numbers after a comma', new Float32Array([1.25]), new Float32Array([1.5])],
    ['bytes and an object', new Uint8Array([1]), { 0: 1 }],
    ['addresses', new URL('http://a'), new URL('http://b')],
    ['times', new Date(1), new Date(2)],
    ['a time and its text', [new Date(1)], [new Date(1).toJSON()]],
    ['a time that is none and null', [new Date(NaN)], [null]],
    ['an error and more', [new Error('a'), 1], [new Error('a,1')]],
    ['instances that JSON can write', new Named('a'), new Named('b')],
    ['large numbers and others', [1n], [1]],
  ])('are two keys if they have not: %s', (_, a, b) => {
    expect(fairIdentity(a)).not.toBe(fairIdentity(b))
  })

  it('are one key whatever they hold, in any order of their properties', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (key) => {
        const turned = Object.fromEntries(Object.entries(key).reverse())
        expect(fairIdentity(turned)).toBe(fairIdentity(key))
        expect(fairIdentity([turned])).toBe(fairIdentity([structuredClone(key)]))
      }),
      { numRuns: RUNS },
    )
  })

  it.each<[unknown, string]>([
    [[1], '[1]'],
    [{ a: 1 }, '{"a":1}'],
    [new Map(), 'Map{}'],
    [[], ''],
  ])('are never one key with a text: %j', (key, text) => {
    const id = fairIdentity(key)
    expect(id).not.toBe(text)
    expect(fairIdentity(text)).toBe(text)
    // Also not with the text that is the id of the object.
    expect(fairIdentity(id)).not.toBe(id)
    expect(fairIdentity(fairIdentity(id))).not.toBe(fairIdentity(id))
  })

  it('are told apart from all texts, and from each other, whatever they hold', () => {
    const any = fc.oneof(
      fc.string(),
      fc.string().map((text) => `\0${text}`),
      fc.jsonValue(),
      fc.constant('\0'),
    )
    fc.assert(
      fc.property(any, any, (a, b) => {
        const same =
          typeof a === 'object' && typeof b === 'object' ? isDeepStrictEqual(plain(a), plain(b)) : plain(a) === plain(b)
        expect(fairIdentity(a) === fairIdentity(b)).toBe(same)
      }),
      { numRuns: RUNS },
    )
  })

  it.each<[string, unknown]>([
    ['what a class keeps for itself', new Tenant(1)],
    ['inside of others', [{ of: new Tenant(1) }]],
    ['under a symbol', { [Symbol.for('id')]: 1 }],
    ['an instance with a symbol', Object.assign(Object.create({}) as object, { [Symbol('id')]: 1 })],
    ['what Node keeps for itself', new URLSearchParams('a=1')],
    ['a blob', new Blob(['a'])],
    ['a weak map', new WeakMap()],
    ['a boxed number', new Number(1)],
    ['a symbol', [Symbol('a')]],
    ['a function', { of: () => 1 }],
  ])('are refused if their content cannot be read, since all would be one key: %s', (_, key) => {
    expect(() => fairIdentity(key)).toThrow(/plain value.*(an instance of|a symbol|a function)/)
  })

  it.each([
    circular,
    {
      get tenant() {
        throw new Error('no tenant')
      },
    },
  ])('are refused if they cannot be read: %#', (key) => {
    expect(() => fairIdentity(key)).toThrow(/plain value/)
  })

  it('are told apart by a limit', () => {
    const broker = createBroker<Job, Job>(
      { limits: { by: (message) => new Map([['of', (message as Task).tenant]]), concurrency: 1 } },
      0,
    )
    const jobs = ['a', 'b', 'a'].map((tenant, id) => new Job({ id, tenant, user: undefined, cost: 1 }, id))
    for (const job of jobs) broker.ask(job, 0)
    expect([broker.take(0), broker.take(0), broker.take(0)]).toEqual([jobs[0], jobs[1], null])
  })
})
