import {
  clockOption,
  InvalidError,
  inOrder,
  type OptionsError,
  parseOptions,
  showValue,
  systemClock,
} from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { z } from 'zod'

const schema = z.strictObject({
  size: z.number().int().positive().default(5),
  broker: z.strictObject({ client: z.strictObject({ max: z.number().optional() }).prefault({}) }).prefault({}),
  state: z.union([z.literal('shared'), z.strictObject({ commit: z.enum(['retry', 'update']) })]).optional(),
  queue: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('drop'), max: z.int().optional() }),
      z.strictObject({ type: z.literal('codel'), max: z.int().optional(), target: z.number().optional() }),
    ])
    .optional(),
  weight: z
    .union([z.record(z.string(), z.number().min(1)), z.custom<() => number>((f) => typeof f === 'function')])
    .optional(),
  list: z.array(z.strictObject({ min: z.number(), max: z.number() }).refine(...inOrder('min', 'max'))).optional(),
})
const failure = (input: unknown): OptionsError => {
  try {
    parseOptions(schema, input, 'options of pool "x"', { maxqueue: ['broker.client.max'] })
  } catch (error) {
    return error as OptionsError
  }
  throw new Error('it was accepted')
}

describe('parseOptions', () => {
  it('gives the defaults', () => {
    expect(parseOptions(schema, {}, 'options')).toEqual({ size: 5, broker: { client: {} } })
  })

  it('shows no token and no password, and says what may be wrong with it', () => {
    const secrets = z.strictObject({
      token: z.string().regex(/^\w+$/).optional(),
      of: z.object({ password: z.number() }).optional(),
    })
    const says = (input: unknown): string => {
      try {
        parseOptions(secrets, input, 'options')
      } catch (error) {
        return JSON.stringify([(error as Error).message, (error as OptionsError).issues])
      }
      return 'it was accepted'
    }
    expect(says({ token: 's3cret\n' })).toMatch(
      /got a text of 7 characters with white space at its start or its end: trim it/,
    )
    expect(says({ token: 's3 cret' })).toMatch(/got a text of 7 characters. It is not shown/)
    expect(says({ of: { password: 's3cret' } })).toContain('got a text of 6 characters')
    for (const input of [{ token: 's3cret\n' }, { token: 's3 cret' }, { of: { password: 's3cret' } }]) {
      expect(says(input)).not.toContain('s3')
    }
  })

  it('shows addresses without their passwords', () => {
    expect(showValue('nats://ann:s3cret@host:4222/a')).toBe('"nats://…@host:4222/a"')
    expect(showValue('http://host/a@b')).toBe('"http://host/a@b"')
  })

  it('names an unknown key, the accepted ones, what was meant and where', () => {
    expect(failure({ sise: 5 }).message).toBe(
      'The options of pool "x" are wrong; nothing was changed.\n' +
        '  at the top: unknown key "sise" (did you mean "size"?). Accepted keys: broker, list, queue, size, state, weight',
    )
  })

  it('finds the accepted keys of nested objects and of unions', () => {
    expect(failure({ broker: { client: { maximum: 1 } } }).message).toContain(
      'at broker.client: unknown key "maximum". Accepted keys: max',
    )
    expect(failure({ state: { mode: 'retry', commit: 'retry' } }).message).toContain('at state')
  })

  it('says where in an alternative the fault is', () => {
    expect(failure({ state: { commit: 'rety' } }).message).toContain(
      'at state.commit: expected "retry" or "update", got "rety" (did you mean "retry"?)',
    )
  })

  it('says which entry of a record is wrong, also if something else than a record is accepted', () => {
    expect(failure({ weight: { gold: 3, tin: -1 } }).message).toContain('at weight.tin: expected a number >= 1, got -1')
    expect(failure({ weight: { tin: '3' } }).message).toContain('at weight.tin: expected a number >= 1, got "3"')
    expect(failure({ weight: 3 }).message).toContain('at weight: expected an object')
    expect(failure({ weight: new Map([['tin', 3]]) }).message).toContain('got an object of class Map')
  })

  it.each<[string, unknown]>([
    ['a promise. An "await" is missing', Promise.resolve({ size: 3 })],
    ['an object of class Map', new Map([['size', 3]])],
    ['an object of class Set', new Set()],
    ['an object of class WeakMap', new WeakMap()],
    ['an object of class Date', new Date()],
    ['an object of class RegExp', /size/],
    ['an object of class TypeError', new TypeError('size')],
    ['an object of class Number', Object(3)],
    ['an object of class Uint8Array', new Uint8Array()],
    ['an object of class ArrayBuffer', new ArrayBuffer(8)],
  ])('takes no object without options of its own for options: %s', (given, value) => {
    const inner = z.strictObject({ max: z.number().optional() })
    const outer = z.strictObject({ inner: z.union([z.literal(false), inner]).optional(), size: z.number().optional() })
    const attempt = (options: unknown) => () => parseOptions(outer, options, 'options')
    expect(attempt(value)).toThrow(`at the top: expected an object of options, got ${given}`)
    expect(attempt({ inner: value })).toThrow(`at inner: expected an object of options, got ${given}`)
    expect(attempt({ inner: Object.create({ max: 3 }), size: undefined })()).toEqual({ inner: { max: 3 } })
  })

  it('refuses the name __proto__ in a record, which would be left out, and says where it is', () => {
    const weight = JSON.parse('{ "gold": 3, "__proto__": 5 }') as object
    const message = 'at weight.__proto__: nothing can have this name. Take another name'
    expect(failure({ weight }).message).toContain(message)
    expect(failure({ weight, size: 'x' }).issues.map(({ path }) => path)).toEqual([['size'], ['weight', '__proto__']])
    expect(() => parseOptions(z.record(z.string(), z.number()), weight, 'weights')).toThrow('at __proto__: nothing')
    expect(parseOptions(schema, { weight: { gold: 3, constructor: 5 } }, 'options').weight).toEqual({
      gold: 3,
      constructor: 5,
    })
  })

  it('says how long a text and a list may be', () => {
    const of = (part: z.ZodType, value: unknown): string => {
      try {
        return String(parseOptions(z.strictObject({ part }), { part: value }, 'options'))
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(of(z.string().min(16), 'short')).toContain('expected a string of at least 16 characters, got "short"')
    expect(of(z.string().min(1).max(3), 'four')).toContain('expected a string of 1 to 3 characters, got "four"')
    expect(of(z.array(z.string()).min(1), [])).toContain('expected an array that is not empty, got an empty array')
    expect(of(z.string().min(1), '')).toContain('expected a string that is not empty, got ""')
    expect(of(z.string(), 5)).toContain('expected a string, got 5')
  })

  it('stays short, however long a path or a key is', () => {
    let faults: unknown = 'a leaf'
    let deep: z.ZodType = z.number()
    for (let i = 0; i < 100; i++) {
      faults = { child: faults }
      deep = z.strictObject({ child: deep })
    }
    const messageOf = (make: () => unknown): string => {
      try {
        return String(make())
      } catch (error) {
        return (error as Error).message
      }
    }
    const line = messageOf(() => parseOptions(deep, faults, 'options')).split('\n')[1]!
    expect(line).toMatch(/at child\.child.* … child.*\(100 levels deep\): expected a number/)
    expect(line.length).toBeLessThan(300)
    const { message } = new InvalidError('message', [{ path: ['x'.repeat(1000), 1, 'b'], message: 'no' }])
    expect(message).toMatch(/at x{60}…\[1\]\.b: no$/)
  })

  it('lists every fault with its path, and carries them as data', () => {
    const error = failure({ size: -1, broker: 7 })
    expect(error.code).toBe('ERR_GENPOOL_OPTIONS')
    expect(error.issues.map((issue) => issue.path)).toEqual([['size'], ['broker']])
  })

  it.each([
    [{ size: '5' }, 'at size: expected a whole number >= 1, got "5" (did you mean 5, without quotes?)'],
    [{ size: 2 ** 53 }, 'at size: expected a whole number from 1 to 9007199254740991, got 9007199254740992'],
    [{ size: 1.00000000000001 }, 'at size: expected a whole number >= 1, got 1.00000000000001'],
    [{ state: 'shard' }, 'at state: expected "shared" or an object { commit }, got "shard" (did you mean "shared"?)'],
    [{ state: {} }, 'at state.commit: it is missing: expected "retry" or "update"'],
    [{ queue: { type: 'codl' } }, 'at queue.type: expected "drop" or "codel", got "codl" (did you mean "codel"?)'],
    [{ queue: {} }, 'at queue.type: it is missing: expected "drop" or "codel"'],
    [
      { queue: { target: 3 } },
      'at queue.type: it is missing: expected "drop" or "codel" (did you mean type: "codel"?)',
    ],
    [{ queue: { type: 'drop', target: 3 } }, 'at queue: unknown key "target" (it belongs to type: "codel"). Accepted'],
    [{ queue: 'codel' }, 'got "codel" (did you mean { type: "codel" }?)'],
    [{ list: [{ min: 3, max: 1.5 + 0.1 }] }, 'at list[0].min: "min" must not be greater than "max", but 3 > 1.6'],
    [{ max: 3 }, 'at the top: unknown key "max" (did you mean "queue.max" or "broker.client.max"?). Accepted'],
    [{ broker: { max: 3 } }, 'at broker: unknown key "max" (did you mean "broker.client.max"?). Accepted keys: client'],
    [{ maxQueue: 3 }, 'at the top: unknown key "maxQueue" (did you mean "broker.client.max"?). Accepted'],
    [{ MaxQueu: 3 }, 'at the top: unknown key "MaxQueu" (did you mean "broker.client.max"?). Accepted'],
    [null, 'at the top: expected an object { broker, list, queue, size, state, weight }, got null'],
  ])('refuses %j with its place, what is known, what was given and what was meant', (input, message) => {
    expect(failure(input).message).toContain(message)
  })

  it('stays short, however much is wrong', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`option${i}`, i]))
    const { message, issues } = failure({ ...many, list: Array.from({ length: 100 }, () => 5) })
    expect(message.length).toBeLessThan(2500)
    expect(message).toContain('"option7" and 99992 more. Accepted keys: broker')
    expect(message).toMatch(/\n  and 81 more$/)
    expect(issues).toHaveLength(101)
    expect(failure({ ['a\n"b']: 1 }).message).toContain('unknown key "a\\n\\"b"')
  })

  it('refuses what throws when it is read, and says where that is', () => {
    const broker = Object.defineProperty({}, 'client', { enumerable: true, get: () => { throw new Error('no') } }) // prettier-ignore
    expect(failure({ size: 0, broker }).message).toBe(
      'The options of pool "x" are wrong; nothing was changed.\n' +
        '  at size: expected a whole number >= 1, got 0\n' +
        '  at broker: reading it threw: no',
    )
  })
})

describe('showValue', () => {
  it.each([
    ['5', '"5"'],
    ['a\nb', '"a\\nb"'],
    ['x'.repeat(99), `"${'x'.repeat(60)}…"`],
    [-0, '-0'],
    [100 / 3, '33.3333'],
    [0.1 + 0.2, '0.3'],
    [1234567.5, '1234567.5'],
    [5n, '5n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [[], 'an empty array'],
    [[1], 'an array of 1'],
    [{}, 'an empty object'],
    [Object.create(null), 'an empty object'],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, 'an object { a, b, c, d, e, … }'],
    [new Date(NaN), 'an object of class Date'],
    [Promise.resolve(), 'a promise'],
    [Proxy.revocable({}, {}), 'an object { proxy, revoke }'],
  ])('tells a value from others: case %#', (value, words) => {
    expect(showValue(value)).toBe(words)
  })

  it('never throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(showValue(proxy)).toBe('something that cannot be shown')
  })
})

describe('the option "clock"', () => {
  const timed = z.strictObject({ clock: clockOption })
  const parse = (clock?: unknown): unknown => parseOptions(timed, { clock }, 'options').clock

  it('is the clock of this process, or the very one that was given', () => {
    const clock = virtualClock()
    expect(parse()).toBe(systemClock)
    expect(parse(clock)).toBe(clock)
  })

  it.each([null, 5, {}, { setTimer: () => undefined }])('is refused if it is no whole clock: %p', (clock) => {
    expect(() => parse(clock)).toThrow('at clock: expected a clock')
  })

  it('is refused if it cannot be read', () => {
    const hostile = new Proxy({}, { get: () => (null as unknown as { x: unknown }).x })
    expect(() => parse(hostile)).toThrow('at clock: expected a clock')
  })
})
