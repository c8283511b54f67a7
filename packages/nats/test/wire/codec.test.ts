import fc from 'fast-check'
import { defaultCodec } from '../../src/wire/codec'
import { BadFrame } from '../../src/wire/errors'

const copy = (value: unknown): unknown => defaultCodec.decode(defaultCodec.encode(value))

const { port1 } = new MessageChannel()
afterAll(() => port1.close())

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withBoxedValues: true,
  withObjectString: true,
  stringUnit: 'binary',
})
/** Whether a value can be compared: jest takes two invalid dates for different, and "__proto__" for a prototype. */
const isComparable = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (!Object.hasOwn(value, '__proto__') &&
    !(value instanceof Date && Number.isNaN(value.getTime())) &&
    !(value instanceof Map && ![...value].flat().every(isComparable)) &&
    !(value instanceof Set && ![...value].every(isComparable)) &&
    Object.values(value).every(isComparable))

describe('the default codec', () => {
  it('carries what structured clone copies', () => {
    fc.assert(
      fc.property(anything, (value) => {
        if (isComparable(value)) expect(copy(value)).toStrictEqual(structuredClone(value))
      }),
      { numRuns: 1000 },
    )
  })

  it('carries an invalid date', () => {
    const [date] = copy([new Date(NaN)]) as [Date]
    expect(date).toBeInstanceOf(Date)
    expect(date.getTime()).toBeNaN()
  })

  it.each<[string, unknown]>([
    ['half a pair', 'a\ud800b'],
    ['a long text with half a pair', `${'x'.repeat(50)}\udc00`],
    ['a long text', 'ä€😀'.repeat(500)],
    ['a short text that is not ASCII', 'äöü'],
    ['-0', -0],
    ['NaN', NaN],
    ['the limits of whole numbers', [2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53)]],
    ['infinities', [Infinity, -Infinity]],
    ['a great bigint', [123456789012345678901234567890n, -1n, 0n]],
    ['holes', [1, , 3, ,]],
    ['a regular expression', /a\/b/giu],
    ['a match of a regular expression', /(?<a>b)/.exec('abc')],
    ['an array that is nothing but names', Object.assign([], { a: [1], '01': 2, '-1': 3, '1.5': 4, '4294967295': 5 })],
    ['holes and names', Object.assign([1, , 3, ,], { a: 1 })],
    ['bytes', [new Uint8Array([1, 2]), new Float64Array([1.5]), new DataView(new ArrayBuffer(3)), new ArrayBuffer(2)]],
    ['a part of a buffer', new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2)],
    ['boxed values', [Object(1), Object('a'), Object(true), Object(2n)]],
    ['undefined in an object', { a: undefined }],
    ['an object of a class', new (class Point { x = 1 })()], // prettier-ignore
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ])('carries %s', (_, value) => {
    expect(copy(value)).toStrictEqual(structuredClone(value))
  })

  it('carries errors with their class, message and cause, without the stack of their process', () => {
    const error = copy(new TypeError('no', { cause: new RangeError('far') })) as TypeError
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('no')
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(error.stack).toBe('TypeError: no')
  })

  it('carries a date that is none', () => {
    expect((copy(new Date(NaN)) as Date).getTime()).toBeNaN()
  })

  it('keeps shared and circular structures', () => {
    const shared = { n: 1 }
    const value: { a: object; list: unknown[]; self?: unknown } = {
      a: shared,
      list: [shared, new Map([[shared, shared]])],
    }
    value.self = value
    const made = copy(value) as typeof value
    expect(made.self).toBe(made)
    expect(made.list[0]).toBe(made.a)
    expect([...(made.list[1] as Map<unknown, unknown>)][0]).toEqual([made.a, made.a])
  })

  it.each<[string, unknown, string, readonly PropertyKey[]]>([
    ['a function', { a: [() => 1] }, 'a function cannot travel', ['a', 0]],
    ['a symbol', { a: Symbol('s') }, 'a symbol cannot travel', ['a']],
    ['a promise', [Promise.resolve()], 'a Promise cannot travel', [0]],
    ['a generator', [(function* () {})()], 'an iterator cannot travel', [0]],
    ['an iterator', { i: [1][Symbol.iterator]() }, 'an iterator cannot travel', ['i']],
    ['a port', { p: port1 }, 'a MessagePort cannot travel', ['p']],
    ['a weak reference', { w: new WeakRef({}) }, 'a WeakRef cannot travel', ['w']],
    ['a blob', { b: new Blob(['x']) }, 'a Blob cannot travel', ['b']],
    ['a format', { f: new Intl.NumberFormat() }, 'a NumberFormat cannot travel', ['f']],
    ['shared memory', { m: new SharedArrayBuffer(1) }, 'a SharedArrayBuffer cannot travel', ['m']],
    ['a name that is a trap', JSON.parse('{"a":{"__proto__":1}}'), 'the name "__proto__" is not sent', ['a']],
    ['a getter that throws', { get a() { throw new Error('no') } }, 'reading it threw: no', []], // prettier-ignore
  ])('refuses %s, and says where it stands', (_, value, message, path) => {
    expect(() => defaultCodec.encode(value)).toThrow(expect.objectContaining({ message, path }))
  })

  it('refuses what is nested too deep, on both sides', () => {
    let deep: unknown = 1
    for (let i = 0; i < 400; i++) deep = [deep]
    expect(copy(deep)).toStrictEqual(deep)
    for (let i = 0; i < 5000; i++) deep = [deep]
    expect(() => defaultCodec.encode(deep)).toThrow('nested deeper than 500 levels')
    expect(() => defaultCodec.decode(new Uint8Array(100_000).fill(7).map((_, i) => (i % 2 === 0 ? 7 : 1)))).toThrow(
      BadFrame,
    )
  })
})

describe('hostile bytes', () => {
  const decode = (bytes: Uint8Array): unknown => {
    try {
      return defaultCodec.decode(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(BadFrame)
      return error
    }
  }

  it('are refused as a bad frame, or are a value, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decode(bytes)),
      { numRuns: 10_000 },
    )
  })

  it('that come from a real message by a change or a cut are refused, or are a value', () => {
    fc.assert(
      fc.property(anything, fc.nat(), fc.nat(255), fc.boolean(), (value, at, byte, cuts) => {
        if (!isComparable(value)) return
        const bytes = Uint8Array.from(defaultCodec.encode(value))
        if (cuts) decode(bytes.subarray(0, at % bytes.length))
        bytes[at % bytes.length] = byte
        decode(bytes)
      }),
      { numRuns: 1500 },
    )
  })

  it('touch no prototype', () => {
    decode(Uint8Array.from([8, 1, 22, ...Buffer.from('constructor'), 8, 1, 18, ...Buffer.from('prototype'), 2]))
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.prototype).toStrictEqual(Object.prototype)
  })
})
