import { call, type CallOptions, cast, getState, inspect } from '@genpool/core'
import { query, failure, spawned } from './misused-pool'
import { clock } from './virtual-system'

describe('wrong options of a call', () => {
  const wrong: [string, unknown][] = [
    ['signal', {}],
    ['signal', 'now'],
    ['signal', 7],
    ['priority', NaN],
    ['priority', 'high'],
    ['priority', null],
    ['timeout', '5'],
    ['timeout', -0.001],
  ]
  it.each(wrong)('%s: %p are refused with an OptionsError that names it, and nothing is run', async (name, value) => {
    const pool = spawned()
    const error = await failure(call(pool, { type: 'add' }, { [name]: value } as CallOptions))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: [name] }] })
    expect(error.message).toContain('pool "pool"')
    await clock.settle()
    expect(getState(pool)).toEqual({ count: 0 })
    expect(await call(pool, { type: 'add' })).toBe('added')
  })

  it('of a cast are returned as a value', () => {
    expect(cast(spawned(), { type: 'add' }, { priority: NaN })).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS' },
    })
  })

  it('that are undefined count as left out', async () => {
    const pool = spawned()
    const nothing = { timeout: undefined, signal: undefined, priority: undefined, key: undefined } as never
    expect(await call(pool, { type: 'add' }, nothing)).toBe('added')
    expect(await call(pool, { type: 'add' }, undefined)).toBe('added')
  })

  it('of a query are refused in the same way', async () => {
    const pool = spawned()
    for (const timeout of [-1, '5' as never]) {
      expect(await failure(query(pool, { type: 'add' }, timeout))).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    }
    expect(await query(pool, { type: 'add' }, Infinity)).toBe('added')
  })
})

describe('the options of a message', () => {
  it.each([
    [1000, 'expected an object such as { timeout: 1000 }, got 1000'],
    ['1000', 'expected an object such as { timeout: 1000 }, got "1000"'],
    [null, 'expected an object such as { timeout: 1000 }, got null'],
    [{ timeOut: 1000 }, 'there is no option "timeOut"; did you mean "timeout"?'],
    [{ timout: 1000 }, 'there is no option "timout"; did you mean "timeout"?'],
    [{ abort: 1 }, 'there is no option "abort"; there are timeout, signal, priority, key'],
  ])('%j are refused, with what was meant', async (options, text) => {
    const pool = spawned()
    const error = await failure(call(pool, { type: 'add' } as never, options as never))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining(text) })
    expect(cast(pool, { type: 'add' } as never, options as never)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS' },
    })
  })

  it.each(['key', 'share'])('are refused if "%s" is a promise, which nobody has awaited', async (name) => {
    const pool = spawned()
    const options = { [name]: Promise.reject(new Error('late')) }
    expect(await failure(call(pool, { type: 'add' } as never, options))).toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining(`The option "${name}"`),
    })
  })

  it.each(['key', 'share', 'latest'])(
    'are refused if "%s" is an object that cannot be compared by content',
    async (name) => {
      class Tenant {
        readonly #id = 1
        toString(): string {
          return `${this.#id}`
        }
      }
      const send = (key: unknown): unknown => {
        const message = { type: 'add' } as never
        const options = { [name]: key } as never
        return name === 'latest' ? cast(spawned(), message, options) : failure(call(spawned(), message, options))
      }
      const says = expect.objectContaining({
        code: 'ERR_GENPOOL_OPTIONS',
        message: expect.stringMatching(
          `The option "${name}" .* is wrong: it must be a plain value, .* an instance of Tenant has no content .* Give an id`,
        ),
      })
      expect(await send([new Tenant()])).toEqual(name === 'latest' ? { ok: false, error: says } : says)
    },
  )

  it.each(['signal', 'retry', 'onProgress', 'idempotent'])('of a cast are refused if they have "%s"', (name) => {
    const pool = spawned()
    const told = (value: unknown) => cast(pool, { type: 'add' } as never, { [name]: value } as never)
    expect(told(5)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining(`"${name}" is for calls`) },
    })
    expect(told(undefined)).toEqual({ ok: true })
  })

  it('of a cast that are unknown are told with those that a cast has', () => {
    const { error } = cast(spawned(), { type: 'add' } as never, { abort: 1 } as never) as { error: Error }
    expect(error.message).toContain('there is no option "abort"; there are timeout, priority, key and latest')
  })

  it('of a cast are refused if "latest" is a promise', () => {
    const options = { latest: Promise.reject(new Error('late')) }
    expect(cast(spawned(), { type: 'add' } as never, options as never)).toMatchObject({
      ok: false,
      error: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining('got a promise. Await it first') },
    })
  })

  it.each<[string, object]>([
    [
      'that cannot be read',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('hands off')
          },
        },
      ),
    ],
    [
      'whose timeout throws',
      {
        get timeout(): number {
          throw new Error('hands off')
        },
      },
    ],
    [
      'whose signal throws',
      {
        signal: {
          aborted: false,
          addEventListener: () => {
            throw new Error('hands off')
          },
        },
      },
    ],
  ])('%s are refused, and nothing is thrown at the caller', async (_name, options) => {
    const pool = spawned()
    let answer!: Promise<unknown>
    expect(() => (answer = call(pool, { type: 'add' } as never, options as never))).not.toThrow()
    expect(await failure(answer)).toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining('hands off'),
    })
    expect(() => cast(pool, { type: 'add' } as never, options as never)).not.toThrow()
    expect(inspect(pool).waiting).toBe(0)
  })

  it('with the value undefined count as left out', async () => {
    const pool = spawned()
    const options = { timeout: undefined, signal: undefined, priority: undefined, key: undefined } as never
    expect(await call(pool, { type: 'add' } as never, options)).toBe('added')
  })
})
