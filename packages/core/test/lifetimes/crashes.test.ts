import { call, cast, getState, inspect, watchDeadLetters } from '@genpool/core'
import { clock } from '../virtual-system'
import { dispatch, query, failure, written } from './written'

describe('a crash', () => {
  it('rejects its caller at once with the cause, and replaces the member under a new incarnation', async () => {
    const { pool, log } = written()
    const error = await failure(call(pool, { type: 'crash' }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', pool: 'pool', member: 'member-1.1', type: 'crash' })
    expect(error.cause).toMatchObject({ message: 'boom' })
    expect(await call(pool, { type: 'who' })).toBe('member-1.2')
    expect(log).toEqual(['init member-1.1', 'terminate member-1.1 boom {"done":0}', 'init member-1.2'])
    expect(clock.now()).toBe(0)
  })

  it('of a query or a dispatch is like one of a call; of a cast it is a dead letter', async () => {
    const { pool } = written()
    const letters: unknown[] = []
    watchDeadLetters(pool, ({ message, error }) => letters.push([message, error.code]))
    expect(await failure(query(pool, { type: 'crash' }, 1000))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(cast(pool, { type: 'crash' })).toEqual({ ok: true })
    dispatch(pool, { type: 'crash' })
    expect(await call(pool, { type: 'who' })).toBe('member-1.4')
    expect(letters).toEqual([
      [{ type: 'crash' }, 'ERR_GENPOOL_CRASHED'],
      [{ type: 'crash' }, 'ERR_GENPOOL_CRASHED'],
    ])
    expect(inspect(pool)).toMatchObject({ restarts: 3, deadLetters: 2, outcomes: { crashed: 3, replied: 1 } })
  })

  it('does not affect the other members, the shared state and waiting requests', async () => {
    const { pool } = written({ size: 2, state: 'shared' })
    await call(pool, { type: 'done' })
    const answers = Array.from({ length: 20 }, (_, n) => call(pool, { type: n % 5 === 2 ? 'crash' : 'done' }))
    const settled = await Promise.allSettled(answers)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(16)
    expect(getState(pool)).toEqual({ done: 17 })
    expect(inspect(pool)).toMatchObject({ size: 2, members: { idle: 2, busy: 0 }, restarts: 4 })
  })
})
