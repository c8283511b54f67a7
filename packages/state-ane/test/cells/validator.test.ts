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
