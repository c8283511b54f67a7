import { call, cast, idle, inspect, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import { dispatch, spawn, start, stop } from 'nact'
import type Hostiles from './fixtures/hostile'
import { HOSTILE, type Hostile } from './fixtures/hostile'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'hostile.ts')
const KINDS = Object.keys(HOSTILE) as Hostile[]
const WAYS = [
  'throws',
  'rejects',
  'fails',
  'failsLater',
  'answers',
  'progresses',
  'inRecipe',
  'inAnswer',
  'inState',
  'patches',
  'logs',
  'effects',
] as const
/** Each of them starts threads of its own. */
const SOME = ['revoked', 'trappedError', 'revokedCause', 'message'] as const

const system = start()
const open = (workerData?: object, state: 'shared' | 'isolated' = 'shared') =>
  spawnPool(system, threads<typeof Hostiles>(file, { workerData, stderr: false }), undefined, {
    size: 1,
    timeout: 60_000,
    state,
    restart: { intensity: 10_000, attempts: 1 },
  })
const settled = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: unknown) => (error as { code: string }).code,
  )

const senderOf = (ctx: object): never => (ctx as { readonly sender: never }).sender

afterAll(() => stop(system))
afterEach(() => jest.restoreAllMocks())

describe('what cannot be read, from a thread', () => {
  let pool: ReturnType<typeof open>
  beforeAll(() => {
    pool = open()
  })
  beforeEach(() => {
    // What nobody can be told of is a warning.
    jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    jest.spyOn(console, 'log').mockImplementation(() => undefined)
  })

  it.each(['throwsOutside', 'rejectsOutside'] as const)(
    'ends its thread only, outside of a handler: it %s',
    async (type) => {
      for (const kind of KINDS) {
        expect([kind, await settled(call(pool, { type, kind }))]).toEqual([kind, 'ERR_GENPOOL_CRASHED'])
      }
      expect(await call(pool, { type: 'takes', value: 1 })).toBe('taken')
    },
    120_000,
  )

  it.each(WAYS)('has its call settled, and the thread goes on: it %s', async (type) => {
    const thread = await call(pool, { type: 'thread' })
    for (const kind of KINDS) {
      const outcome = await settled(call(pool, { type, kind }, { onProgress: () => undefined }))
      expect([kind, outcome]).toEqual([kind, expect.stringMatching(/^(answered|ERR_GENPOOL_(CRASHED|INVALID))$/)])
      expect([kind, await call(pool, { type: 'thread' })]).toEqual([kind, thread])
    }
  })

  it.each([
    ['circle', 'at cause: it is an error that is in its own cause'],
    ['longCircle', 'at cause.list[0].other.cause: it is an error that is in its own cause'],
    ['deepForMain', 'it is nested more than 500 levels deep'],
    ['deepest', 'it is nested more than 500 levels deep'],
    ['deepestError', 'it is nested more than 500 levels deep'],
  ] as const)('is told with what is wrong, and others are not touched: %s', async (kind, says) => {
    const thread = await call(pool, { type: 'thread' })
    const { restarts } = inspect(pool)
    // They go together, in one post.
    const others = ['circleWithout', 'errors', 'circleOfErrors'] as const
    const [error, ...answers] = await Promise.all([
      call(pool, { type: 'answers', kind }).catch((error: unknown) => error),
      ...others.map((kind) => call(pool, { type: 'answers', kind })),
      call(pool, { type: 'thread' }),
    ])
    expect(error).toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      committed: false,
      cause: { code: 'ERR_GENPOOL_INVALID' },
    })
    expect(String((error as Error).message)).toContain(says)
    expect(answers).toEqual([
      expect.anything(),
      { errors: [null] },
      expect.objectContaining({ message: 'outer' }),
      thread,
    ])
    expect(inspect(pool).restarts).toBe(restarts)
  })

  it('is why a thread counts as dead that sends it as its last word', async () => {
    const error = await call(pool, { type: 'endsWith', kind: 'circle' }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect((error as Error).message).toContain('what it sent last could not be read')
    expect(await call(pool, { type: 'takes', value: 1 })).toBe('taken')
  })

  it('is told if it is what is asked of an actor of the main thread', async () => {
    const echo = spawn(system, (_, msg, ctx) => void dispatch(senderOf(ctx), msg as never), 'echo')
    for (const kind of ['circle', 'deepForMain', 'symbol'] as const) {
      const error = await call(pool, { type: 'asks', kind, actor: echo }).catch((error: unknown) => error)
      expect([kind, error]).toMatchObject([
        kind,
        { code: 'ERR_GENPOOL_CRASHED', cause: { code: 'ERR_GENPOOL_INVALID' } },
      ])
    }
  })

  it('says of it what can be read', async () => {
    const error = await call(pool, { type: 'throws', kind: 'revokedCause' }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: { message: 'x' } })
  })

  it.each(['shared', 'isolated'] as const)('is why "init" has failed, for a state that is %s', async (state) => {
    for (const init of SOME) {
      const other = open({ init }, state)
      expect([init, await settled(call(other, { type: 'thread' }))]).toEqual([init, 'ERR_GENPOOL_STOPPED'])
    }
  })

  it('is what "terminate" throws', async () => {
    for (const terminate of SOME) {
      const other = open({ terminate })
      const thread = await call(other, { type: 'thread' })
      expect(await settled(call(other, { type: 'throws', kind: terminate }))).toBe('ERR_GENPOOL_CRASHED')
      expect([terminate, await call(other, { type: 'thread' })]).toEqual([terminate, thread])
      stop(other)
    }
  })
})

describe('what cannot be read, to a thread', () => {
  let pool: ReturnType<typeof open>
  beforeAll(() => {
    pool = open()
  })

  it.each(KINDS)('is refused as a message, or arrives: %s', async (kind) => {
    const thread = await call(pool, { type: 'thread' })
    const others = [call(pool, { type: 'thread' }), call(pool, { type: 'takes', value: 1 })]
    const error = await call(pool, { type: 'takes', value: HOSTILE[kind]() }).catch((error: unknown) => error)
    if (error !== 'taken') expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await Promise.all(others)).toEqual([thread, 'taken'])
    expect(await call(pool, { type: 'thread' })).toBe(thread)
    expect(inspect(pool).restarts).toBe(0)
  })

  it.each([
    ['circle', 'at value.cause: it is an error that is in its own cause'],
    ['deepest', 'it is nested more than 500 levels deep'],
  ] as const)('is told with what is wrong: %s', async (kind, says) => {
    const answer = call(pool, { type: 'takes', value: HOSTILE[kind]() })
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining(says) })
  })

  it('is refused as a cast', async () => {
    expect(cast(pool, { type: 'takesCast', value: HOSTILE.circle() })).toEqual({ ok: true })
    await idle(pool)
    expect(inspect(pool)).toMatchObject({ restarts: 0 })
  })

  it.each(KINDS)('cancels a call as its reason: %s', async (kind) => {
    const begun = new Int32Array(new SharedArrayBuffer(4))
    const controller = new AbortController()
    const answer = settled(call(pool, { type: 'untilAborted', begun }, { signal: controller.signal }))
    await until(() => Atomics.load(begun, 0) === 1)
    controller.abort(HOSTILE[kind]())
    expect(await answer).toBe('ERR_GENPOOL_CANCELLED')
    expect(await settled(call(pool, { type: 'thread' }))).toBe('answered')
    expect(inspect(pool).restarts).toBe(0)
  })
})
