import { check } from '../../src/cells/validator'

const unreadable = {
  'an error whose message cannot be read': Object.defineProperty(new Error(), 'message', {
    get: () => {
      throw new Error('never')
    },
  }),
  'no text': Object.create(null) as object,
  'a revoked proxy': (() => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  })(),
}

describe('a validator that throws', () => {
  it('refuses the value with what it has thrown', () => {
    const thrown = new TypeError('no field')
    const validator = (): boolean => {
      throw thrown
    }
    let error: unknown
    try {
      check('counter' as never, validator, 1)
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', cause: thrown })
    expect(String(error)).toContain('its validator failed: no field')
  })

  it.each(Object.entries(unreadable))('refuses it also if that is %s', (_, thrown) => {
    const validator = (): boolean => {
      throw thrown as Error
    }
    expect(() => check('counter' as never, validator, 1)).toThrow(
      'its validator failed: something that cannot be shown',
    )
  })
})

describe('a validator that returns neither true nor a reason', () => {
  it.each([[undefined], [''], [0], [null], [1]])('refuses the value, and is told what to return: %j', (verdict) => {
    const ask = (): void => check('counter' as never, (() => verdict) as never, 1)
    expect(ask).toThrow(/the validator returned .+: it has to return true for a valid value, or a text/)
  })
})

describe('a validator that returns an object', () => {
  it('refuses the value with the reason and the path that are in it', () => {
    const verdict = { path: ['list', 0], message: 'too long' }
    expect(() => check('counter', () => verdict, 1)).toThrow('at list[0]: too long')
    expect(() => check('counter', (() => ({ message: 'too long' })) as never, 1)).toThrow(
      'at the whole value: too long',
    )
    expect(() => check('counter', (() => new RangeError('too long')) as never, 1)).toThrow(
      'at the whole value: too long',
    )
  })

  it.each([[{}], [[]], [{ message: 5 }], [{ message: '' }], [new Error()], [new Map()]])(
    'refuses the value without one, and is told what to return: %p',
    (verdict) => {
      expect(() => check('counter', (() => verdict) as never, 1)).toThrow(
        /the validator returned .+: it has to return true for a valid value, or a text that says what is wrong/,
      )
    },
  )

  it.each(Object.entries(unreadable))('refuses the value also if that is %s', (_, verdict) => {
    expect(() => check('counter', (() => verdict) as never, 1)).toThrow(
      expect.objectContaining({ code: 'ERR_GENPOOL_INVALID' }) as Error,
    )
  })
})

describe('a schema', () => {
  const answering = (result: unknown) => () => check('counter', { safeParse: () => result as never }, 1)

  it.each([[undefined], [null], [5], [true], ['success'], [{}], [{ success: 'yes' }], [{ success: 1 }]])(
    'that does not say whether a value is valid refuses it, and is told what to return: %j',
    (result) => {
      expect(answering(result)).toThrow(
        /at the whole value: its validator failed: safeParse returned .+: it has to return \{ success: true \} for a valid value/,
      )
    },
  )

  it.each([
    [undefined],
    [null],
    [{}],
    [{ issues: 'x' }],
    [{ issues: [] }],
    [{ issues: [null] }],
    [{ issues: [{ path: 5, message: 5 }] }],
  ])('that gives no reason refuses the value all the same: %j', (error) => {
    expect(answering({ success: false, error })).toThrow('at the whole value: the schema refused the value')
  })

  it('gives all reasons that it has', () => {
    const issues = [{ path: ['a'], message: 'one' }, null, { path: ['b', 1], message: 'two' }]
    expect(answering({ success: false, error: { issues } })).toThrow(/at a: one\n.*at b\[1\]: two/)
  })
})
