import { call, inspect, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import { start, stop } from 'nact'
import type FailingRecipes from './fixtures/failing-recipes'

const file = join(__dirname, 'fixtures', 'failing-recipes.ts')
const system = start()
afterAll(() => stop(system))

describe.each([
  ['isolated', { type: 'isolated' }],
  ['shared', { type: 'shared' }],
  ['shared, and held', { type: 'shared', commit: 'exclusive' }],
] as const)('a call in a thread that is failed by its reply address, with a state that is %s', (_, state) => {
  const pool = spawnPool(system, threads<typeof FailingRecipes>(file), undefined, { size: 1, state, timeout: 30_000 })
  const failed = (type: 'inRecipe' | 'inBlindRecipe' | 'inAnswer', next = true): Promise<unknown> =>
    call(pool, { type, next }).catch((error: unknown) => error)

  it.each(['inRecipe', 'inBlindRecipe'] as const)(
    'commits nothing if that was in a recipe, and says so: "%s"',
    async (type) => {
      const before = await call(pool, { type: 'paid' })
      expect(await failed(type)).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: 'no money', committed: false })
      expect(await call(pool, { type: 'paid' })).toBe(before)
    },
  )

  it('says what was committed if that was in the function that makes the answer', async () => {
    const before = (await call(pool, { type: 'paid' })) as number
    expect(await failed('inAnswer')).toMatchObject({ cause: 'no paper', committed: true })
    expect(await call(pool, { type: 'paid' })).toBe(before + 1)
    expect(await failed('inAnswer', false)).toMatchObject({ cause: 'no paper', committed: false })
    expect(await call(pool, { type: 'paid' })).toBe(before + 1)
    expect(inspect(pool).restarts).toBe(0)
  })
})
