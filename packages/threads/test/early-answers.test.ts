import { call, getState, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import type Shared from './fixtures/shared'
import { file, system, words } from './fixtures/shared-system'

async function open(state: 'shared' | 'isolated') {
  const pool = spawnPool(system, threads<typeof Shared>(file, { workerData: words.buffer }), 'pool', { size: 1, state })
  await ready(pool)
  await call(pool, { type: 'where' })
  return pool
}
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

describe.each(['shared', 'isolated'] as const)('an answer before the commit of a handler in a thread: %s', (state) => {
  it.each(['early', 'earlyBatch'] as const)('comes with the commit, and not if that fails: "%s"', async (type) => {
    const pool = await open(state)
    expect(await call(pool, { type, n: 5 })).toBe('early 5')
    if (state === 'shared') expect(getState(pool)).toMatchObject({ n: 5 })
    expect(await outcome(call(pool, { type, n: -1 }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
  })

  it.each([false, true])(
    'that is none fails its call, and the error knows of the commit (a step: %s)',
    async (step) => {
      const pool = await open(state)
      const error = await outcome(call(pool, { type: 'noAnswerMeanwhile', n: 5, step }))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', committed: true })
      expect(String(error)).not.toContain('nothing was changed')
      const refused = await outcome(call(pool, { type: 'noAnswerMeanwhile', n: -1, step }))
      expect(refused).toMatchObject({ code: expect.stringMatching(/CRASHED|INVALID/) as string })
      if (state === 'shared') expect(getState(pool)).toMatchObject({ n: 5 })
    },
  )

  it('is that of the first message of a batch', async () => {
    const pool = await open(state)
    const abort = new AbortController()
    const calls = [1, 2, 3].map((n) => outcome(call(pool, { type: 'earlyBatch', n }, { signal: abort.signal })))
    expect(await calls[0]).toBe('early 1')
    await call(pool, { type: 'where' })
    abort.abort()
    const left = { code: 'ERR_GENPOOL_CANCELLED', mayBeCommitted: true }
    expect(await Promise.all(calls)).toMatchObject(['early 1', left, left])
  })
})
