import { InvalidError, isGenPoolError } from '@genpool/core'
import fc from 'fast-check'
import { AnswerFrames } from '../../src/server/answer-frames'
import { bodiesOf, type Codec, defaultCodec, ownBodies } from '../../src/wire/codec'
import { NotCarried } from '../../src/wire/errors'
import { failureFrame, readFailure } from '../../src/wire/failures'
import { Kind, openFrame } from '../../src/wire/frames'
import { hostileErrors, hostileValues, revoked } from '../support/hostile'

const framesWith = (codec: Codec): AnswerFrames =>
  new AnswerFrames(
    { name: 'p', state: null, settings: { maxBytes: 5000 }, bodies: bodiesOf(codec), maxPayload: 5000 },
    { answered: 0, failed: 0 },
    () => 0,
  )

/** What a caller is told, which must be readable. */
const outcomeOf = (bytes: Uint8Array): unknown => {
  const frame = openFrame(bytes)
  return frame.kind === Kind.failure ? readFailure(frame.body, 'n') : ownBodies.read(frame.body)
}

describe('an error of a user that is hard to look at', () => {
  it('reaches its caller as an error, whatever a look at it throws', () => {
    fc.assert(
      fc.property(hostileErrors, fc.nat(6000), (make, max) => {
        const told = readFailure(openFrame(failureFrame(make() as never, { inHand: 0 }, max)).body, 'n')
        expect(isGenPoolError(told)).toBe(true)
        expect(typeof told.message).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })

  it('is told as the cause of another one', () => {
    fc.assert(
      fc.property(hostileErrors, (make) => {
        const cause = make()
        const error = new InvalidError('answer', [], cause)
        const told = readFailure(openFrame(failureFrame(error, { inHand: 0 }, 1e6)).body, 'n')
        expect(told).toMatchObject({ code: 'ERR_GENPOOL_INVALID', message: error.message })
        expect(told.cause === undefined).toBe(cause === undefined)
      }),
      { numRuns: 1000 },
    )
  })

  it('is an outcome at the node, too', () => {
    const frames = framesWith(defaultCodec)
    fc.assert(
      fc.property(hostileErrors, (make) => expect(isGenPoolError(outcomeOf(frames.failure(make())))).toBe(true)),
      { numRuns: 1000 },
    )
  })
})

describe('a value that is hard to look at', () => {
  it('travels whole or is refused, and the frame after it is as any other', () => {
    fc.assert(
      fc.property(hostileValues, (make) => {
        let bytes: Uint8Array | undefined
        try {
          bytes = defaultCodec.encode(make())
        } catch (error) {
          expect(error).toBeInstanceOf(NotCarried)
        }
        if (bytes !== undefined) defaultCodec.decode(bytes)
        expect(defaultCodec.decode(defaultCodec.encode({ a: [1] }))).toEqual({ a: [1] })
      }),
      { numRuns: 2000 },
    )
  })

  it('is an answer or an error for its caller, and progress or nothing', () => {
    const frames = framesWith(defaultCodec)
    fc.assert(
      fc.property(hostileValues, (make) => {
        const value = make()
        outcomeOf(frames.answer(value))
        let untold = 0
        const progress = frames.progress(value, () => untold++)
        expect(untold).toBe(progress === null ? 1 : 0)
        if (progress !== null) outcomeOf(progress)
      }),
      { numRuns: 1000 },
    )
  })

  it.each<[string, unknown]>([
    ['a revoked proxy', revoked()],
    ['null', null],
    ['an error with a path that is none', Object.assign(new Error('x'), { path: revoked() })],
  ])('is refused if the codec throws %s', (_, thrown) => {
    const frames = framesWith({
      ...defaultCodec,
      encode: () => {
        throw thrown
      },
    })
    expect(outcomeOf(frames.answer(1))).toMatchObject({ code: 'ERR_GENPOOL_INVALID', mayBeCommitted: true })
    let untold = 0
    expect(frames.progress(1, () => untold++)).toBeNull()
    expect(untold).toBe(1)
  })

  it('says why bytes on shared memory are refused', () => {
    expect(() => defaultCodec.encode(new Uint8Array(new SharedArrayBuffer(3)))).toThrow(
      'a Uint8Array on shared memory cannot travel: send a copy of it',
    )
  })
})

describe('what arrives of an error', () => {
  const arrived = (error: InvalidError): InvalidError =>
    readFailure(openFrame(failureFrame(error, { inHand: 0 }, 1e6)).body, 'n') as InvalidError

  it('keeps the begin and the end of a long text', () => {
    const { cause } = arrived(new InvalidError('a', [], new Error(`first ${'x'.repeat(9000)} last`)))
    expect((cause as Error).message).toMatch(/^first x+… \(5011 characters are left out\) …x+ last$/)
  })

  it('has causes that are errors of GenPool with their fields, if they were', () => {
    const inner = new InvalidError('commit', [{ path: ['a'], message: 'no' }])
    const { cause } = arrived(new InvalidError('a', [], inner))
    expect(isGenPoolError(cause, 'ERR_GENPOOL_INVALID')).toBe(true)
    expect(cause).toBeInstanceOf(InvalidError)
    expect(cause).toMatchObject({ faults: [{ path: ['a'], message: 'no' }], message: inner.message })
  })

  it('has causes that are none if they only have such a code', () => {
    const { cause } = arrived(new InvalidError('a', [], Object.assign(new Error('x'), { code: 'ERR_GENPOOL_STOPPED' })))
    expect(isGenPoolError(cause)).toBe(false)
    expect(cause).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', message: 'x' })
  })
})
