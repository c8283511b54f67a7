import { cast, inspect, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { join } from 'node:path'
import type Counter from './fixtures/counter'
import { until } from './fixtures/until'

const file = join(__dirname, 'fixtures', 'counter.ts')

describe('a cast that cannot go to a thread', () => {
  const system = start()
  afterAll(() => stop(system))
  const lost: unknown[] = []
  const pool = spawnPool(system, threads<typeof Counter>(file), 'counter', {
    size: 1,
    onDrop: ({ error }) => void lost.push(error),
  })
  const refused = (message: unknown) => cast(pool, message as never)
  const how = (message: string) => ({
    ok: false,
    error: { code: 'ERR_GENPOOL_INVALID', message: expect.stringContaining(message) as string },
  })

  it('is refused at once if a function is in its message', async () => {
    const early = refused({ type: 'keep', by: () => 1 })
    await ready(pool)
    expect(early).toMatchObject(how('by: it is a function, which cannot be sent to a thread'))
    expect(refused({ type: 'keep', by: () => 1 })).toMatchObject(how('by: it is a function'))
    expect(refused({ type: 'keeep', by: () => 1 })).toMatchObject(how('the behaviour has no handler for it'))
    await until(() => lost.length === 3)
    expect(inspect(pool)).toMatchObject({ waiting: 0, outcomes: { invalid: 3 } })
  })

  it('is a dead letter if the function is deeper: nobody looks there before', async () => {
    lost.length = 0
    expect(refused({ type: 'keep', deep: { by: () => 1 } })).toEqual({ ok: true })
    await until(() => lost.length === 1)
    expect(lost).toMatchObject([how('by: it is a function').error])
  })

  it('may have a getter that throws, or be no plain object: that is found when it is sent', async () => {
    lost.length = 0
    const throws = {
      type: 'keep',
      get by(): never {
        throw new Error('no')
      },
    }
    expect(refused(throws)).toEqual({ ok: true })
    await until(() => lost.length === 1)
  })
})
