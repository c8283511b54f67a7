import { CancelledError, isGenPoolError } from '@genpool/core'
import fc from 'fast-check'
import { decodeError, encodeError } from '../../src/values/errors'
import { HOSTILE } from '../fixtures/hostile'

const sent = (error: unknown): unknown => decodeError(structuredClone(encodeError(error)))

type Make = () => unknown
const FIELDS = ['message', 'name', 'stack', 'cause', 'errors', 'code'] as const

/** An error whose fields are getters. */
function errorOf(fields: Readonly<Record<string, Make>>, throws: boolean): Error {
  const error = new Error('x')
  // Made at the first look, from what the error is then.
  void error.stack
  for (const [name, make] of Object.entries(fields)) {
    const value = make()
    const get = (): unknown => {
      if (throws) throw value
      return value
    }
    Object.defineProperty(error, name, { get, enumerable: true, configurable: true })
  }
  return error
}

/** Makes something that may be thrown, or be the message, the name, the cause or any field of an error. */
const { made } = fc.letrec<{ made: Make; list: Make; error: Make }>((tie) => ({
  made: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Make>(...Object.values(HOSTILE)),
    fc.anything().map((value) => () => value),
    tie('list'),
    tie('error'),
  ),
  list: fc.array(tie('made'), { maxLength: 3 }).map((all) => () => all.map((make) => make())),
  error: fc
    .tuple(fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), tie('made'), { maxKeys: 4 }), fc.boolean())
    .map(
      ([fields, throws]) =>
        () =>
          errorOf(fields, throws),
    ),
}))

describe('an error that is sent', () => {
  it('always arrives, whatever is in it', () => {
    fc.assert(
      fc.property(made, (make) => {
        sent(make())
      }),
    )
  })

  it('keeps its class, its fields and its causes', () => {
    const cause = Object.assign(new RangeError('why'), { code: 'E' })
    const got = sent(new TypeError('x', { cause })) as Error
    expect(got).toBeInstanceOf(TypeError)
    expect(got.cause).toBeInstanceOf(RangeError)
    expect(got).toMatchObject({ message: 'x', cause: { message: 'why', code: 'E' } })
    expect(isGenPoolError(sent(new CancelledError('pool', true)), 'ERR_GENPOOL_CANCELLED')).toBe(true)
  })

  it('is what it was, also if it looks like what errors are sent as', () => {
    for (const value of [{ errors: [null] }, { kind: 'error' }, { kind: 'list', items: 1 }]) {
      expect(sent(value)).toEqual(value)
      expect(sent(Object.assign(new Error('x'), { response: value }))).toMatchObject({ response: value })
    }
  })

  it('is no error of GenPool if only its name is', () => {
    class CancelledError extends Error {
      override readonly name = 'CancelledError'
    }
    const got = sent(new CancelledError('by the user'))
    expect(isGenPoolError(got)).toBe(false)
    expect(got).toMatchObject({ name: 'CancelledError', message: 'by the user' })
  })

  it('may be its own cause', () => {
    const error = new Error('x')
    error.cause = error
    const got = sent(error) as Error
    expect(got.cause).toBe(got)
  })

  it('says what can be read of it', () => {
    expect(sent(HOSTILE.revokedCause())).toMatchObject({ message: 'x', cause: 'something that cannot be shown' })
    expect(sent(HOSTILE.message())).toMatchObject({ message: 'something that cannot be shown' })
  })
})
