import { call, getMembers, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type WrongSteps from './fixtures/wrong-steps'
import type { Wrong } from './fixtures/wrong-steps'

const file = join(__dirname, 'fixtures', 'wrong-steps.ts')
const SAYS: readonly (readonly [Wrong, string])[] = [
  ['number', 'expected an object { continue, timeout, commit }, got 5'],
  ['function', 'got a function'],
  ['name', 'did you mean "commit"?'],
  ['generator', 'a generator cannot be a state'],
]

describe.each(['isolated', 'shared'] as const)('a wrong step in a thread, with a state that is %s', (state) => {
  let system: ActorSystemRef
  let pool: ReturnType<typeof open>
  const open = () => spawnPool(system, threads<typeof WrongSteps>(file), 'wrong', { size: 1, timeout: 60_000, state })
  beforeAll(() => {
    system = start()
    pool = open()
  })
  afterAll(() => stop(system))

  it.each(SAYS)('is refused, and its member goes on: %s', async (wrong, says) => {
    for (const type of ['now', 'later'] as const) {
      await expect(call(pool, { type, wrong })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_INVALID',
        message: expect.stringContaining(says),
      })
    }
    expect(await call(pool, { type: 'n' })).toBe(0)
    expect(getMembers(pool)[0]).toMatchObject({ incarnation: 1 })
  })
})
