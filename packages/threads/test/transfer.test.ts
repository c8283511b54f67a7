import { call, cast, drain, getMembers, inspect, type PoolOptions, ready } from '@genpool/core'
import { transfer } from '@genpool/threads'
import { failure, poolOf } from './fixtures/faulty-pool'
import { until } from './fixtures/until'

const readyPool = async (options?: PoolOptions) => {
  const pool = poolOf(options)
  await ready(pool)
  return pool
}
const bytes = (): Uint8Array => new Uint8Array(8)
const echoOf = (value: Uint8Array) => transfer({ type: 'echo' as const, value }, [value.buffer as ArrayBuffer])
const failOf = (image: Uint8Array) =>
  transfer({ type: 'fail' as const, kind: 'order', image }, [image.buffer as ArrayBuffer])

describe('a message whose memory was moved, and that a thread has not begun', () => {
  it('is seen to wait, and never runs if its deadline passes', async () => {
    const memory = new SharedArrayBuffer(12)
    const pool = poolOf({}, { prefetch: 4, workerData: memory })
    await ready(pool)
    const controller = new AbortController()
    const looping = failure(call(pool, { type: 'untilAborted' }, { signal: controller.signal }))
    await until(() => Atomics.load(new Int32Array(memory), 2) !== 0)
    const waiting = failure(call(pool, echoOf(bytes()), { timeout: 50 }))
    await until(() => getMembers(pool as never)[0]!.doing.length === 2)
    expect(getMembers(pool as never)[0]!.doing[1]).toEqual({ type: 'echo', forMs: 0 })
    const error = await waiting
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: false })
    expect(error.message).toContain('the request was still waiting and was never run')
    controller.abort()
    await looping
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
    await drain(pool)
  })
})

describe('memory that was moved before', () => {
  it('refuses its message with the place; what was sent with it is answered, and the pool ends', async () => {
    const pool = await readyPool()
    const value = bytes()
    structuredClone(0, { transfer: [value.buffer as ArrayBuffer] })
    const before = call(pool, { type: 'echo', value: 1 })
    const refused = failure(call(pool, echoOf(value)))
    const after = call(pool, { type: 'echo', value: 2 })
    cast(pool, { type: 'tasks', n: 1 } as never)
    expect(await refused).toMatchObject({ code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('at value:') })
    expect([await before, await after]).toEqual([1, 2])
    expect(getMembers(pool as never)).toMatchObject([{ name: 'member-1.1', status: 'idle' }])
    await drain(pool)
  })

  it('by another message of the same turn refuses the later one only', async () => {
    const pool = await readyPool()
    const value = bytes()
    const first = call(pool, echoOf(value))
    expect(await failure(call(pool, echoOf(value)))).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await first).toEqual(bytes())
    expect(getMembers(pool as never)[0]?.name).toBe('member-1.1')
  })

  it.each(['before', 'after'] as const)(
    'is not needed twice if a message %s it cannot be read in the thread',
    async (place) => {
      const pool = await readyPool()
      const own = new Error('in its own cause')
      own.cause = own
      const wrong = () => failure(call(pool, { type: 'echo', value: own }))
      const early = place === 'before' ? wrong() : undefined
      const moved = call(pool, echoOf(bytes()))
      const refused = early ?? wrong()
      expect(await moved).toEqual(bytes())
      expect(await refused).toMatchObject({
        code: 'ERR_GENPOOL_INVALID',
        message: expect.stringContaining('in its own cause'),
      })
      await drain(pool)
    },
  )

  it('by the same message, sent earlier, is no crash: the message is refused', async () => {
    const pool = await readyPool()
    const message = echoOf(bytes())
    expect(await call(pool, message)).toEqual(bytes())
    const error = await failure(call(pool, message))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('it was sent before') })
    expect(inspect(pool).outcomes).toMatchObject({ invalid: 1, crashed: 0 })
  })

  it('and is only in the list is told so', async () => {
    const pool = await readyPool()
    const memory = new ArrayBuffer(8)
    structuredClone(0, { transfer: [memory] })
    const error = await failure(call(pool, transfer({ type: 'echo', value: 1 }, [memory])))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('the list that was') })
  })

  it.each([
    ['retryOnCrash', { retryOnCrash: { fail: 2 } }, {}],
    ['retry', { retryOnCrash: { fail: 0 } }, { retry: { attempts: 2, backoff: { min: 1 } } }],
  ] as const)(
    'because its handler threw: it does not run again by %s, and the error says why',
    async (_, options, retry) => {
      const pool = await readyPool(options as PoolOptions)
      const error = await failure(call(pool, failOf(bytes()), retry))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', message: expect.stringContaining('cannot run again') })
      expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
      await drain(pool)
    },
  )

  it('moves what transfer of another copy of the package was called with', async () => {
    let theirs!: typeof transfer
    jest.isolateModules(() => {
      theirs = jest.requireActual<{ transfer: typeof transfer }>('@genpool/threads').transfer
    })
    expect(theirs).not.toBe(transfer)
    const pool = await readyPool()
    const value = bytes()
    const message = theirs({ type: 'echo' as const, value }, [value.buffer as ArrayBuffer])
    expect(await call(pool, message)).toEqual(bytes())
    expect(value.byteLength).toBe(0)
  })

  it('in an answer fails its call, and no other', async () => {
    const pool = await readyPool()
    const [first, second] = await Promise.allSettled([call(pool, { type: 'same' }), call(pool, { type: 'same' })])
    expect([first.status, second]).toMatchObject([
      'fulfilled',
      { status: 'rejected', reason: { code: 'ERR_GENPOOL_CRASHED' } },
    ])
    expect(getMembers(pool as never)[0]?.name).toBe('member-1.1')
  })
})

describe('a list of what is to be moved', () => {
  it.each([
    [new Uint8Array(8), 'expected an ArrayBuffer: the `buffer` of this, got an object of class Uint8Array'],
    [new SharedArrayBuffer(8), 'expected no shared memory, which all threads have without a transfer'],
    [5, 'expected an ArrayBuffer, a MessagePort, or what else Node can transfer, got 5'],
    [{}, 'got an empty object'],
    [null, 'got null'],
    [undefined, 'got undefined'],
  ])('that has what can never be moved is refused, with its place: %p', (item, message) => {
    const list = [new ArrayBuffer(8), item] as ArrayBuffer[]
    expect(() => transfer({ type: 'echo' }, list)).toThrow(
      expect.objectContaining({
        code: 'ERR_GENPOOL_OPTIONS',
        message: expect.stringMatching(/^The list\[1\] given to transfer is wrong: /),
      }),
    )
    expect(() => transfer({ type: 'echo' }, list)).toThrow(message)
  })

  it('that Node cannot move refuses its message, and says why', async () => {
    const pool = await readyPool()
    const error = await failure(call(pool, transfer({ type: 'echo', value: 1 }, [new Date() as never])))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining('Node cannot move') })
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
  })
})
