import { call, type CrashedError, type PoolOptions, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type Unsendable from './fixtures/unsendable'
import type { Next, State } from './fixtures/unsendable'

const file = join(__dirname, 'fixtures', 'unsendable.ts')
const WAYS = ['value', 'blind', 'made', 'awaited', 'exclusive', 'held', 'late', 'batch'] as const

describe.each(['isolated', 'shared'] as const)('an answer that cannot be sent, with a state that is %s', (type) => {
  let system: ActorSystemRef
  let pool: ReturnType<typeof open>
  const open = () =>
    spawnPool(system, threads<typeof Unsendable>(file), 'unsendable', {
      size: 1,
      timeout: 30_000,
      state: type === 'shared' ? { type, validate: ({ n }: State) => n >= 0 || 'less than 0' } : { type },
    } as PoolOptions)
  beforeAll(() => {
    system = start()
    pool = open()
  })
  afterAll(() => stop(system))

  const n = async (): Promise<number> => (await call(pool, { type: 'n' })) as number
  const failing = async (way: (typeof WAYS)[number], next: Next) => {
    const before = await n()
    const error = await call(pool, { type: way, next }).then(
      () => new Error('it was answered') as never,
      (error: unknown) => error as CrashedError & { cause: Error },
    )
    return { error, changedBy: (await n()) - before }
  }

  it.each(WAYS)('says that nothing was committed if there was nothing to commit: "%s"', async (way) => {
    const { error, changedBy } = await failing(way, 'none')
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: false })
    expect(error.message).toContain('Nothing was committed.')
    expect(error.cause.message).toContain(`An answer of the handler "${way}" was refused; nothing was changed.`)
    expect(error.cause).toMatchObject({ faults: [{ path: ['deep', 0, 'f'] }] })
    expect(changedBy).toBe(0)
  })

  it.each(WAYS)('says that the state was committed if it was: "%s"', async (way) => {
    for (const next of ['recipe', 'value'] as const) {
      if (way === 'blind' && next === 'value') continue
      const { error, changedBy } = await failing(way, next)
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: true })
      expect(error.message).toContain('The state was committed before; only the answer failed.')
      expect(error.message).not.toContain('nothing was changed')
      expect(error.cause.message).toContain('was refused; the state was committed before.')
      expect(error.cause).toMatchObject({ committed: true, mayBeCommitted: true })
      expect(changedBy).toBe(1)
    }
  })

  it.each(WAYS)('says why the state was refused if it was: "%s"', async (way) => {
    const throwing = await failing(way, 'throws')
    expect(throwing.error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: false })
    expect(throwing.error.cause.message).toBe('no recipe')
    expect(throwing.changedBy).toBe(0)
    // A state of a member alone has no validator in a thread.
    if (type === 'isolated') return
    const forbidden = await failing(way, 'forbidden')
    expect(forbidden.error.code).toBe('ERR_GENPOOL_INVALID')
    expect(forbidden.error.message).toMatch(/was refused; nothing was changed\.\n.*less than 0/)
    expect(forbidden.changedBy).toBe(0)
  })

  it('is refused before the commit if it is what its member goes on with', async () => {
    const before = await n()
    await expect(call(pool, { type: 'goesOn', next: 'recipe' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      faults: [{ path: ['continue', 'deep', 0, 'f'] }],
    })
    expect(await n()).toBe(before)
  })
})

describe('a shared state that cannot be sent', () => {
  it.each([
    ['f', ['user', 'f'], 'user.f: it is a function'],
    ['list', ['user', 'list', 1, 'g'], 'user.list[1].g: it is a function'],
  ] as const)('is refused with its whole path, and with whose commit it was: %s', async (at, path, says) => {
    const system = start()
    const pool = spawnPool(system, threads<typeof Unsendable>(file), 'deeper', { size: 1, state: 'shared' })
    const error = (await call(pool, { type: 'deeper', at }, { timeout: 30_000 }).catch(
      (error: unknown) => error,
    )) as Error
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', faults: [{ path }] })
    expect(error.message).toContain(`A commit of the handler "deeper" of pool "deeper" was refused`)
    expect(error.message).toContain(says)
    stop(system)
  })
})
