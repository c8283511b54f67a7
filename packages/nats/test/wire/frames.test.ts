import {
  CrashedError,
  DroppedError,
  type GenPoolError,
  InvalidError,
  isGenPoolError,
  StoppedError,
} from '@genpool/core'
import fc from 'fast-check'
import { bodiesOf, defaultCodec, ownBodies } from '../../src/wire/codec'
import { BadFrame, TooLarge } from '../../src/wire/errors'
import { failureFrame, readFailure } from '../../src/wire/failures'
import {
  answerFrame,
  cancelFrame,
  Kind,
  openFrame,
  readAnswer,
  readCancel,
  readRequest,
  renew,
  requestFrame,
  setEpoch,
} from '../../src/wire/frames'

const body = (value: unknown, max = 1e6) => ({ bodies: ownBodies, value, max })
const header = {
  budgetMs: 500,
  ageMs: 0,
  priority: undefined,
  key: undefined,
  wantsProgress: false,
  again: false,
  mayReturn: false,
  state: undefined,
  epoch: undefined,
}
const states = fc.option(fc.record({ place: fc.nat(2 ** 32 - 1), version: fc.maxSafeNat() }), { nil: undefined })

describe('a request frame', () => {
  it('carries its header and its message', () => {
    const headers = fc.record({
      budgetMs: fc.oneof(fc.nat(2 ** 31), fc.constant(Infinity)),
      ageMs: fc.nat(2 ** 31),
      priority: fc.option(fc.double({ noNaN: true }), { nil: undefined }),
      key: fc.option(fc.oneof(fc.string(), fc.integer(), fc.record({ tenant: fc.string() })), { nil: undefined }),
      wantsProgress: fc.boolean(),
      again: fc.boolean(),
      mayReturn: fc.boolean(),
      state: states,
      epoch: fc.option(fc.nat(2 ** 32 - 1), { nil: undefined }),
    })
    fc.assert(
      fc.property(headers, fc.jsonValue(), (given, value) => {
        if (JSON.stringify(value).includes('__proto__')) return
        const frame = openFrame(requestFrame(Kind.call, given, body(value)))
        expect(frame.kind).toBe(Kind.call)
        expect(readRequest(frame)).toEqual({ ...given })
        expect(ownBodies.read(frame.body)).toEqual(structuredClone(value))
      }),
    )
  })

  it('is renewed with what is left of its budget when it is sent again', () => {
    const frame = requestFrame(Kind.call, { ...header, key: 'k' }, body('m'))
    renew(frame, { budgetMs: 120.5, ageMs: 3, again: true })
    expect(readRequest(openFrame(frame))).toStrictEqual({ ...header, key: 'k', budgetMs: 121, ageMs: 3, again: true })
    renew(frame, { budgetMs: Infinity, ageMs: 4, again: false })
    expect(readRequest(openFrame(frame))).toStrictEqual({ ...header, key: 'k', budgetMs: Infinity, ageMs: 4 })
  })

  it('gets its epoch when it is sent', () => {
    const given = { ...header, key: { tenant: 'a' }, state: { place: 1, version: 2 }, epoch: 0 }
    const frame = requestFrame(Kind.cast, given, body('m'))
    setEpoch(frame, 7)
    expect(readRequest(openFrame(frame))).toStrictEqual({ ...given, epoch: 7 })
    expect(ownBodies.read(openFrame(frame).body)).toBe('m')
  })

  it('is understood with a longer header of a later version of this package', () => {
    const frame = requestFrame(Kind.call, header, body({ a: 1 }))
    const length = (frame[3]! << 8) | frame[4]!
    const later = Buffer.concat([frame.subarray(0, 5 + length), Buffer.from('more'), frame.subarray(5 + length)])
    later.writeUInt16BE(length + 4, 3)
    const opened = openFrame(later)
    expect(readRequest(opened)).toStrictEqual(header)
    expect(ownBodies.read(opened.body)).toEqual({ a: 1 })
  })

  it('of another version of the frames is refused, with both versions', () => {
    const frame = requestFrame(Kind.call, header, body(1))
    frame[1] = 9
    expect(() => openFrame(frame)).toThrow('it has version 9 of the frames, and this side understands 1')
  })

  it('is refused if it is larger than allowed', () => {
    const large = body('x'.repeat(2000), 1000)
    expect(() => requestFrame(Kind.call, header, large)).toThrow(TooLarge)
    expect(() => requestFrame(Kind.call, header, { ...large, value: new Uint8Array(1000) })).toThrow('1000 bytes')
    expect(() => requestFrame(Kind.call, header, body(new Array(600).fill(1), 1000))).toThrow('1000 bytes')
  })

  it('takes a codec of the user', () => {
    const json = bodiesOf({
      encode: (value) => Buffer.from(JSON.stringify(value)),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    })
    const frame = openFrame(requestFrame(Kind.call, header, { bodies: json, value: { a: 1 }, max: 1000 }))
    expect(Buffer.from(frame.body).toString()).toBe('{"a":1}')
    expect(json.read(frame.body)).toEqual({ a: 1 })
    expect(() => requestFrame(Kind.call, header, { bodies: json, value: 'x'.repeat(2000), max: 1000 })).toThrow(
      TooLarge,
    )
    expect(bodiesOf(defaultCodec)).toBe(ownBodies)
  })
})

describe('any bytes', () => {
  it('are a frame or a bad one', () => {
    const tries = [readRequest, readAnswer, readCancel, ({ body: bytes }: never) => readFailure(bytes, 'n')]
    const starts = fc.constantFrom([], [0x67], [0x67, 1], [0x67, 1, 1, 0, 5], [0x67, 1, 17, 0, 4])
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 60 }), (start, rest) => {
        for (const read of tries) {
          try {
            read(openFrame(Uint8Array.from([...start, ...rest])) as never)
          } catch (error) {
            if (!(error instanceof BadFrame)) throw error
          }
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('carry what the node has in hand, and which request is cancelled', () => {
    expect(readAnswer(openFrame(answerFrame(Kind.answer, { inHand: 7 }, body(null))))).toEqual({ inHand: 7 })
    const timed = openFrame(answerFrame(Kind.answer, { inHand: 7, heldMs: 1.5 }, body('x')))
    expect(readAnswer(timed)).toEqual({ inHand: 7, heldMs: 1.5 })
    expect(ownBodies.read(timed.body)).toBe('x')
    for (const reason of [undefined, 'enough', 'é'.repeat(5000)]) {
      const cancel = readCancel(openFrame(cancelFrame({ reply: '_INBOX.a.b', reason })))
      expect(cancel).toEqual({ reply: '_INBOX.a.b', reason: reason?.slice(0, 1000) })
    }
  })
})

describe('an error that travels', () => {
  const travel = (error: GenPoolError): GenPoolError =>
    readFailure(openFrame(failureFrame(error, { inHand: 0 }, 1e6)).body.subarray(0), 'n1')

  it.each<GenPoolError>([
    new DroppedError('orders', { reason: 'codel', waitedMs: 12, queueLength: 3, retryAfterMs: 40 }),
    new StoppedError('orders', true),
    new InvalidError('message', [{ path: ['a', 0], message: 'expected a number' }]),
    new CrashedError('orders', 'member-1.1', 'add', new TypeError('no')),
  ])('keeps its class, code, message and fields: %s', (error) => {
    const made = travel(error)
    expect(made).toBeInstanceOf(error.constructor)
    expect(isGenPoolError(made, error.code)).toBe(true)
    expect(made.message).toBe(error.message)
    expect(made.name).toBe(error.name)
    expect({ ...made, node: undefined }).toEqual({ ...error, node: undefined })
    expect(made).toMatchObject({ node: 'n1' })
    expect(made.stack).toContain('frames.test')
  })

  it('brings its causes as information: names, messages and codes, no stacks', () => {
    const cause = new TypeError('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONN' }) })
    const made = travel(new CrashedError('orders', 'member-1.1', 'add', cause))
    expect(made.cause).toMatchObject({ name: 'TypeError', message: 'outer', stack: 'TypeError: outer' })
    expect((made.cause as Error).cause).toMatchObject({ message: 'inner', code: 'ECONN' })
    expect(String(travel(new CrashedError('orders', 'm', 'add', 'a text')).cause)).toContain('a text')
  })

  it('cannot bring code, prototypes or methods', () => {
    const evil = Object.assign(new StoppedError('x'), { toString: 'a', extra: () => 1, fine: 1 })
    const made = travel(evil)
    expect(Object.keys(made)).not.toContain('toString')
    expect(made).toMatchObject({ fine: 1 })
    expect(made).not.toHaveProperty('extra')
  })

  it('is made small if its fields are too large', () => {
    const error = new InvalidError('x'.repeat(9000), [{ path: [], message: 'y'.repeat(9000) }])
    expect(failureFrame(error, { inHand: 0 }, 6000).length).toBeLessThan(6000)
    expect(travel(error).code).toBe('ERR_GENPOOL_INVALID')
  })
})

describe('a frame made while another is written', () => {
  /** A message whose getter sends a message itself, as a lazy field of a model does. */
  const nested = (value: unknown, send: () => void) => ({
    before: 'a',
    get lazy() {
      send()
      return value
    },
    after: 'b',
  })
  const bodyOf = (frame: Uint8Array): unknown => ownBodies.read(openFrame(frame).body)

  it('leaves the message that is being written alone', () => {
    let inner: Uint8Array | undefined
    const message = nested(7, () => (inner = requestFrame(Kind.cast, header, body({ inner: 'x'.repeat(3000) }))))
    const outer = requestFrame(Kind.call, header, body(message))
    expect(bodyOf(outer)).toEqual({ before: 'a', lazy: 7, after: 'b' })
    expect(bodyOf(inner!)).toEqual({ inner: 'x'.repeat(3000) })
  })

  it('leaves an answer and a key alone', () => {
    const send = () => void requestFrame(Kind.call, header, body('other'))
    expect(bodyOf(answerFrame(Kind.answer, { inHand: 3 }, body(nested(1, send))))).toEqual({
      before: 'a',
      lazy: 1,
      after: 'b',
    })
    const key = nested(2, () => void defaultCodec.encode({ other: true }))
    expect(defaultCodec.decode(defaultCodec.encode(key))).toEqual({ before: 'a', lazy: 2, after: 'b' })
    const keyed = readRequest(openFrame(requestFrame(Kind.call, { ...header, key: nested(3, send) }, body(1))))
    expect(keyed.key).toEqual({ before: 'a', lazy: 3, after: 'b' })
  })

  it('works after one that failed', () => {
    expect(() => requestFrame(Kind.call, header, body(nested(() => 1, () => void 0)))).toThrow() // prettier-ignore
    expect(bodyOf(requestFrame(Kind.call, header, body('fine')))).toBe('fine')
  })
})
