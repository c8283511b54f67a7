import { DroppedError, InvalidError } from '@genpool/core'
import fc from 'fast-check'

const bad = (): never => {
  throw new Error('no look')
}
const TRAPS = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'] as const

export function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** A proxy that throws at some looks. */
const guarded = (target: object, traps: readonly (keyof ProxyHandler<object>)[]): object =>
  new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, bad])))

/** Values at which a look may throw, or that are no text where a text is expected. */
const POISONS: Readonly<Record<string, Make>> = {
  undefined: () => undefined,
  null: () => null,
  number: () => 5,
  symbol: () => Symbol('s'),
  bigint: () => 5n,
  function: () => () => 1,
  revoked,
  guarded: () => guarded({}, TRAPS),
  'guarded prototype': () => guarded({}, ['getPrototypeOf']),
  'guarded error': () => guarded(new Error('x'), ['get']),
  'without prototype': () => Object.create(null) as object,
  'bad text': () => ({ toString: bad }),
  'bad getter': () => ({ get a(): never { return bad() } }), // prettier-ignore
  'bad list': () => guarded([], ['get']),
  'long text': () => 'x'.repeat(10_000),
  'half a pair': () => '\ud800',
  'an error': () => new Error('inner', { cause: revoked() }),
  'an error without anything': () => Object.setPrototypeOf({}, Error.prototype) as object,
  'an error in its own cause': () => {
    const error = new Error('round')
    error.cause = error
    return error
  },
  'a circle of errors': () => {
    const error = new AggregateError([], 'round', { cause: { list: [] } })
    const other = Object.assign(new Error('other', { cause: error }), { info: { error } })
    error.errors.push(error, { other })
    ;(error.cause as { list: unknown[] }).list.push(new Map([[other, error]]))
    return error
  },
  'a circle': () => {
    const circle: { self?: object; list: unknown[] } = { list: [] }
    circle.list.push((circle.self = circle))
    return circle
  },
  'a deep object': nested((inner) => ({ inner })),
  'a deep list': nested((inner) => [inner]),
  'a deep map': nested((inner) => new Map([[inner, inner]])),
  'a deep error': nested((cause) => Object.setPrototypeOf({ cause }, Error.prototype) as object),
  'an error with a deep field': () => Object.assign(new Error('x'), { info: POISONS['a deep object']?.() }),
}

/** Made once: that takes long. */
function nested(around: (inner: unknown) => unknown): Make {
  let value: unknown
  return () => {
    for (let i = value === undefined ? 100_000 : 0; i > 0; i--) value = around(value)
    return value
  }
}

/** Makes a value. fast-check looks at what it makes, which throws. */
export type Make = () => unknown

const poisons: fc.Arbitrary<Make> = fc.constantFrom(...Object.values(POISONS))

const NAMES = ['message', 'name', 'code', 'cause', 'stack', 'path', 'faults', 'more', 'toString', 'constructor']

/** A property of an error: a poison, a getter that gives one, or one that throws one. */
const properties = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.tuple(fc.constantFrom('value', 'getter', 'thrower'), poisons),
)

const BASES: readonly (() => object)[] = [
  () => new Error('plain'),
  () => new TypeError('typed'),
  () => new DroppedError('p', { reason: 'max', waitedMs: 0, queueLength: 1 }),
  () => new InvalidError('answer', [{ path: [], message: 'm' }]),
  () => ({}),
]

/** Everything that a user's code may throw, and that is hard to look at. */
export const hostileErrors: fc.Arbitrary<Make> = fc.oneof(
  poisons,
  fc
    .record({
      base: fc.constantFrom(...BASES),
      properties,
      traps: fc.option(fc.subarray([...TRAPS], { minLength: 1 }), { nil: undefined }),
    })
    .map(({ base, properties: given, traps }) => () => {
      const error = base()
      // V8 writes the stack when it is replaced, with the text of the error: so it comes first.
      const byStack = (name: string): number => (name === 'stack' ? 0 : 1)
      const entries = Object.entries(given).sort(([one], [other]) => byStack(one) - byStack(other))
      for (const [name, [kind, make]] of entries) {
        const poison = make()
        const thrower = (): never => {
          throw poison
        }
        const get = kind === 'getter' ? () => poison : thrower
        const what = kind === 'value' ? { value: poison, writable: true } : { get }
        Object.defineProperty(error, name, { ...what, configurable: true, enumerable: true })
      }
      return traps === undefined ? error : guarded(error, traps)
    }),
)

class WrongMap extends Map<number, number> {
  override get size(): number {
    return 7
  }
}

class WrongSet extends Set<number> {
  override [Symbol.iterator](): never {
    return bad()
  }
}

const VALUES: readonly Make[] = [
  () => new WrongMap([[1, 2]]),
  () => new WrongSet([1]),
  () => {
    const list: unknown[] = [1, 2]
    Object.defineProperty(list, 0, { get: () => list.push(3), enumerable: true })
    return list
  },
  () => new Uint8Array(new SharedArrayBuffer(3)),
  () => {
    const bytes = new Uint8Array(8)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    return bytes
  },
]

/** Values of messages, answers, progress and states that are hard to look at. */
export const hostileValues: fc.Arbitrary<Make> = fc.oneof(
  hostileErrors,
  hostileErrors.map((make) => () => ({ a: [make()] })),
  fc.constantFrom(...VALUES),
)
