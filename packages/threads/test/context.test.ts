import {
  broadcast,
  call,
  type CrashedError,
  drain,
  getMembers,
  ready,
  spawnPool,
  UnreachableError,
  inspect,
} from '@genpool/core'
import { transfer, type ThreadOptions, threads } from '@genpool/threads'
import { type ActorSystemRef, dispatch, query, spawn, start, stop } from 'nact'
import { join } from 'node:path'
import { leavesTime } from '../../runtime/test/repeating'
import type Faults from './fixtures/faults'

const file = join(__dirname, 'fixtures', 'faults.ts')
const open = (options: ThreadOptions = {}) =>
  spawnPool(system, threads<typeof Faults>(file, options), 'faults', { size: 1, timeout: 30_000 })

let system: ActorSystemRef
let pool: ReturnType<typeof open>
beforeAll(async () => {
  system = start()
  pool = open()
  await ready(pool)
})
afterAll(() => stop(system))

function thrown(kind: string): Promise<CrashedError & { cause: Error & Record<string, unknown> }> {
  return call(pool, { type: 'fail', kind }).then(
    () => fail('it did not fail'),
    (error: unknown) => error as never,
  ) as never
}

describe('an error that crosses', () => {
  it('keeps its name, message, code, stack, cause and own fields', async () => {
    const { code, cause } = await thrown('custom')
    expect(code).toBe('ERR_GENPOOL_CRASHED')
    expect(cause).toBeInstanceOf(Error)
    expect(cause).toMatchObject({ name: 'Error', message: 'no stock', code: 'ERR_ORDER', items: [1, 2] })
    expect(cause.stack).toContain('faults.ts')
    expect(cause.cause).toBeInstanceOf(TypeError)
    expect((cause.cause as Error).cause).toBeInstanceOf(RangeError)
    expect(((cause.cause as Error).cause as Error).message).toBe('the bottom')
  })

  it('is of the class that it had, if that is one of GenPool', async () => {
    const { cause } = await thrown('unreachable')
    expect(cause).toBeInstanceOf(UnreachableError)
    expect(cause).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', target: 'another pool', node: 'node-1' })
  })

  it('keeps all errors of an AggregateError', async () => {
    const { cause } = await thrown('aggregate')
    expect(cause).toBeInstanceOf(AggregateError)
    const [one, two] = (cause as unknown as AggregateError).errors as Error[]
    expect(one).toBeInstanceOf(TypeError)
    expect(two).toMatchObject({ message: 'two', code: 'ERR_ORDER' })
  })

  it('arrives as it is if it is no error, and without what cannot be cloned', async () => {
    expect((await thrown('value')).cause).toEqual({ odd: true })
    expect((await thrown('uncloneable')).cause.message).toBe('with a function')
  })
})

describe('ctx.attempt', () => {
  it('counts the runs in place and those of later tries', async () => {
    const options = { size: 1, timeout: 30_000, retryOnCrash: { onlyInRun: 1 }, poisonAfter: 9 }
    const repeating = spawnPool(system, threads<typeof Faults>(file), 'repeating', options)
    const retry = { attempts: 3, backoff: { min: 1 } }
    expect(await call(repeating, { type: 'onlyInRun', run: 4 }, { retry })).toBe(4)
    stop(repeating)
  })
})

describe('a value that cannot be cloned', () => {
  const nested = (levels: number): object => {
    let value = {}
    for (let i = 0; i < levels; i++) value = { value }
    return value
  }
  const throwing = {
    get field(): never {
      throw new Error('no reading')
    },
  }

  it('is refused with its path in a message, before it is sent', async () => {
    const others = [call(pool, { type: 'echo', value: 1 }), call(pool, { type: 'echo', value: 2 })]
    const message = { type: 'echo' as const, value: { list: [1, { f: () => 1 }] } }
    await expect(call(pool, message)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      faults: [{ path: ['value', 'list', 1, 'f'], message: expect.stringContaining('function') as string }],
    })
    expect(await Promise.all(others)).toEqual([1, 2])
  })

  it.each<[string, () => object, string]>([
    ['is nested too deeply', () => nested(100_000), 'nested more than 500 levels deep'],
    ['throws when it is read', () => throwing, 'cannot be sent to a thread: no reading'],
  ])('is refused if it %s, and neither the process nor others notice', async (_, value, says) => {
    const others = [call(pool, { type: 'echo', value: 1 }), call(pool, { type: 'echo', value: 2 })]
    await expect(call(pool, { type: 'echo', value: value() })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      faults: [{ message: expect.stringContaining(says) as string }],
    })
    expect(await Promise.all(others)).toEqual([1, 2])
  })

  it.each([
    ['nested', 'nested more than 500 levels deep'],
    ['throwing', 'cannot be sent to a thread: no reading'],
  ] as const)('is refused in an answer that is %s, and the thread lives on', async (type, says) => {
    const before = await call(pool, { type: 'thread' })
    await expect(call(pool, { type, levels: 100_000 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      cause: { faults: [{ message: expect.stringContaining(says) as string }] },
    })
    expect(await call(pool, { type: 'thread' })).toBe(before)
  })

  it('leaves Node its time when its caller tries again as soon as it is refused', async () => {
    await leavesTime(() => call(pool, { type: 'echo', value: () => 1 }))
    const value = new Uint8Array(8)
    const message = transfer({ type: 'echo' as const, value }, [value.buffer])
    await call(pool, message)
    await leavesTime(() => call(pool, message))
  })

  it('is refused if it can be sent and not be received, and the next one is answered', async () => {
    const { restarts } = inspect(pool)
    await expect(call(pool, { type: 'nested', levels: 5000 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      message: expect.stringContaining('it is nested more than 500 levels deep') as string,
    })
    expect(inspect(pool).restarts).toBe(restarts)
    expect(await call(pool, { type: 'echo', value: 1 })).toBe(1)
  })

  it('is refused with its path in an answer', async () => {
    const error = await call(pool, { type: 'uncloneable' }).catch((error: unknown) => error as CrashedError)
    expect(error).toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      committed: false,
      cause: { faults: [{ path: ['deep', 0, 'f'] }] },
    })
  })
})

describe('what is cloned', () => {
  it('keeps Maps, Dates and typed arrays, and moves what is to be moved', async () => {
    const value = { map: new Map([['a', new Date(5)]]), bytes: new Uint8Array([1, 2]) }
    expect(await call(pool, { type: 'echo', value })).toEqual(value)
    const image = new Uint8Array(16).fill(3)
    expect(await call(pool, transfer({ type: 'echo' as const, value: image }, [image.buffer]))).toEqual(
      new Uint8Array(16).fill(3),
    )
    expect(image.byteLength).toBe(0)
  })

  it('shares a SharedArrayBuffer', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4))
    const back = (await call(pool, { type: 'echo', value: shared })) as Int32Array
    Atomics.store(back, 0, 9)
    expect(shared[0]).toBe(9)
  })
})

describe('the context in a thread', () => {
  it('has the facts of pool and member', async () => {
    expect(await call(pool, { type: 'facts' })).toMatchObject({
      name: 'faults',
      self: 'actor',
      parent: 'system',
      path: expect.stringMatching(/:\/\/faults$/) as string,
      member: expect.stringMatching(/^member-1\./) as string,
    })
  })

  it('tells a handler in a loop how long its caller wanted to wait', async () => {
    await expect(call(pool, { type: 'reasonInLoop' }, { timeout: 50 })).rejects.toMatchObject({ started: true })
    expect(await call(pool, { type: 'lastReason' })).toContain('did not answer within 50 ms: the request was running')
  })

  it('reaches actors of the main thread with dispatch and query', async () => {
    let hear!: (message: unknown) => void
    const seen = new Promise((resolve) => (hear = resolve))
    const to = spawn(system, (_state: unknown, message: unknown) => hear(message), 'listener') as never
    expect(await call(pool, { type: 'tell', to, value: 5 })).toBe(true)
    expect(await seen).toMatchObject({ value: 5, from: { type: 'actor' } })
    const doubler = spawn(
      system,
      function (this: { sender: never }, _state: unknown, n: number) {
        dispatch(this.sender, (n * 2) as never)
      } as never,
      'doubler',
    )
    expect(await call(pool, { type: 'ask', to: doubler as never, value: 4 })).toBe(8)
  })

  it('lets another actor answer later', async () => {
    const answering = spawn(
      system,
      (_state: unknown, message: { answerTo: never }) => dispatch(message.answerTo, 'from the main thread' as never),
      'answering',
    )
    expect(await call(pool, { type: 'later', to: answering as never })).toBe('from the main thread')
  })

  it('tells progress, and logs with the logger of the main thread', async () => {
    const told: unknown[] = []
    expect(await call(pool, { type: 'progress' }, { onProgress: (value) => told.push(value) })).toEqual([true, true])
    expect(told).toEqual([1, 2])
    expect(await call(pool, { type: 'progress' })).toEqual([false, false])
  })

  it.each([false, true])(
    'tells all progress before the promise settles, also of a handler that fails: %s',
    async (fails) => {
      const told: unknown[] = []
      const onProgress = (value: unknown): void => {
        told.push(value)
        for (const end = performance.now() + 0.1; performance.now() < end;);
      }
      await call(pool, { type: 'tellMuch', n: 500, fails }, { onProgress }).catch(() => undefined)
      expect(told).toEqual(Array.from({ length: 500 }, (_, i) => i))
    },
  )

  it('cannot spawn actors, and says so', async () => {
    const error = await call(pool, { type: 'spawnHere' }).catch((error: unknown) => error as CrashedError)
    expect((error as { cause: Error }).cause.message).toContain('cannot be spawned under "faults" from here')
  })

  it("answers nact's query and dispatch", async () => {
    expect(await query(pool, { type: 'echo', value: 3 }, 5_000)).toBe(3)
  })

  it('calls init, handleContinue and handleInfo in the thread', async () => {
    const other = spawnPool(system, threads<typeof Faults>(file), 'infos', { size: 1, timeout: 30_000 })
    await ready(other)
    broadcast(other, { hello: 1 })
    dispatch(getMembers(other)[0]!.ref as never, { hello: 2 } as never)
    expect(await call(other, { type: 'state' })).toEqual({ continued: 'go on', infos: [{ hello: 1 }, { hello: 2 }] })
  })

  it('takes batches as one message', async () => {
    const first = call(pool, { type: 'spin', ms: 20 })
    const all = Array.from({ length: 8 }, (_, n) => call(pool, { type: 'tasks', n }))
    await first
    const answers = (await Promise.all(all)) as number[]
    expect(answers.map((answer, n) => (n === 0 ? 0 : answer / n)).slice(1)).toEqual(
      expect.arrayContaining([expect.any(Number)]),
    )
    expect(Math.max(...answers)).toBeGreaterThan(7)
  })

  it('refuses an unknown type, with what there is', async () => {
    await expect(call(pool, { type: 'ecko' } as never)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('"echo"') as string,
    })
  })
})

describe('a handler that fails', () => {
  it('ends its member, and the thread goes on with the next one', async () => {
    const other = spawnPool(system, threads<typeof Faults>(file), 'failing', { size: 1, timeout: 30_000 })
    const before = await call(other, { type: 'thread' })
    await call(other, { type: 'fail', kind: 'custom' }).catch(() => undefined)
    expect(await call(other, { type: 'thread' })).toBe(before)
    expect(getMembers(other)[0]?.name).toBe('member-1.2')
    expect(await call(other, { type: 'state' })).toEqual({ continued: 'go on', infos: [] })
  })
})

describe('a request that a drain leaves', () => {
  it('is told that the drain was too short, not that it came too late', async () => {
    const other = spawnPool(system, threads<typeof Faults>(file), 'short', { size: 1, timeout: 30_000 })
    await ready(other)
    const left = [1, 2].map(() => call(other, { type: 'spin', ms: 3000 }).catch((error: Error) => error.message))
    await drain(other, { within: 20 })
    for (const text of await Promise.all(left)) {
      expect(text).toContain('"short" has stopped, since drain(pool) was to wait for 20 ms at most')
    }
  })
})
