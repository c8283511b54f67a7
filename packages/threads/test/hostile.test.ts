import { call, inspect, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import { start, stop } from 'nact'
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

  it.each(WAYS)('has its call settled, and the thread goes on: it %s', async (type) => {
    const thread = await call(pool, { type: 'thread' })
    // V8 writes an error that is its own cause, and cannot read it: see below.
    const isWhole = ['answers', 'progresses', 'inState', 'patches'].includes(type)
    for (const kind of KINDS.filter((each) => !isWhole || each !== 'circle')) {
      const outcome = await settled(call(pool, { type, kind }, { onProgress: () => undefined }))
      expect([kind, outcome]).toEqual([kind, expect.stringMatching(/^(answered|ERR_GENPOOL_(CRASHED|INVALID))$/)])
      expect([kind, await call(pool, { type: 'thread' })]).toEqual([kind, thread])
    }
  })

  it('is told if it is an answer that is an error which is its own cause', async () => {
    const error = await call(pool, { type: 'answers', kind: 'circle' }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(String((error as Error).message)).toContain('Or an error in it is its own cause.')
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
