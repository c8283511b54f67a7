import fc from 'fast-check'
import { createBroker, fairIdentity } from '../../src'
import { RUNS } from '../laws/runs'
import { Job, type Task } from '../limits/model'

const circular: { self?: object } = {}
circular.self = circular

describe('keys that are objects', () => {
  it.each<[string, unknown, unknown]>([
    ['in another order', { a: 1, b: [2] }, { b: [2], a: 1 }],
    ['deep inside', [{ a: { x: 1, y: 2 } }], [{ a: { y: 2, x: 1 } }]],
    ['maps', new Map([['a', 1]]), new Map([['a', 1]])],
    ['maps in another order', new Map(Object.entries({ a: 1, b: 2 })), new Map(Object.entries({ b: 2, a: 1 }))],
    ['sets', new Set(['a', 'b']), new Set(['b', 'a'])],
    ['dates', new Date(5), new Date(5)],
    ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
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

  it.each([
    circular,
    [1n],
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
