import { isGenPoolError } from '@genpool/core'
import fc from 'fast-check'
import { RemoteFailures } from '../../src/client/failures'
import { prepare } from '../../src/client/prepare'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { openFrame, readRequest } from '../../src/wire/frames'
import { hostileErrors, hostileValues } from '../support/hostile'

const bodies = bodiesOf(defaultCodec)
const prepared = (message: unknown, key: unknown) =>
  prepare('call', message, key === undefined ? {} : { key: key as string }, {
    options: { name: 'p', timeout: 1000 } as never,
    bodies,
    failures: new RemoteFailures('p'),
    max: 1e6,
    now: 0,
    state: undefined,
  })

describe('a message that is prepared', () => {
  it('is a frame or an error, however hard it and its key are to look at', () => {
    fc.assert(
      fc.property(hostileValues, hostileErrors, (message, key) => {
        const result = prepared(message(), key())
        if ('frame' in result) openFrame(result.frame)
      }),
      { numRuns: 1000 },
    )
  })

  it.each<[string, unknown, string]>([
    ['a symbol', Symbol('a'), 'a symbol cannot travel'],
    ['a long text', 'x'.repeat(70_000), 'it has 70000 bytes, and may have 32000'],
  ])('says that its key cannot travel if that is %s', (_, key, says) => {
    const error = prepared({ type: 'a' }, key)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect((error as Error).message).toContain(
      'A key of a message to remote pool "p" was refused; nothing was changed.',
    )
    expect((error as Error).message).toContain(says)
  })

  it('has a key as long as it may be', () => {
    const key = `\ud800${'x'.repeat(31_990)}`
    const result = prepared({ type: 'a' }, key)
    expect(isGenPoolError(result)).toBe(false)
    expect(readRequest(openFrame((result as { frame: Uint8Array }).frame)).key).toBe(key)
  })
})
