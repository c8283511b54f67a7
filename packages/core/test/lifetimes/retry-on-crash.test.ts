import {
  call,
  cast,
  definePool,
  drain,
  inspect,
  type PoolOptions,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { clock, system } from '../virtual-system'
import { failure } from './written'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors and senders */
describe('retryOnCrash and poisonAfter', () => {
  function crashing(times: number, options: PoolOptions) {
    const runs: string[] = []
    let left = times
    const run = (_message: unknown, _state: unknown, ctx: any): any => {
      runs.push(`${ctx.member.name} ${ctx.attempt}`)
      if (left-- > 0) throw new Error('boom')
    }
    const Crashing = definePool({
      calls: { work: (m, s, c) => run(m, s, c) ?? reply('done'), once: (m, s, c) => run(m, s, c) ?? reply('done') },
      casts: { work: run },
    })
    const pool = spawnPool(system, Crashing, 'pool', { size: 1, clock, ...options })
    const letters: any[] = []
    watchDeadLetters(pool, (letter) => letters.push(letter))
    return { pool, runs, letters }
  }

  it('retries a message that is declared repeatable, on another incarnation', async () => {
    const { pool, runs, letters } = crashing(2, { retryOnCrash: { work: 2 } })
    expect(await call(pool, { type: 'work' })).toBe('done')
    expect(runs).toEqual(['member-1.1 1', 'member-1.2 2', 'member-1.3 3'])
    expect(letters).toEqual([])
    expect(inspect(pool).outcomes).toMatchObject({ replied: 1, crashed: 0 })
  })

  it('runs others once', async () => {
    const { pool, runs } = crashing(1, { retryOnCrash: { work: 2 } })
    expect(await failure(call(pool, { type: 'once' }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(runs).toHaveLength(1)
  })

  it('gives up after the allowed number of retries', async () => {
    const { pool, runs } = crashing(9, { retryOnCrash: { work: 1 } })
    expect(await failure(call(pool, { type: 'work' }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(runs).toHaveLength(2)
  })

  it.each(['call', 'cast'] as const)(
    'puts a %s that crashed `poisonAfter` members into the dead letters, once',
    async (kind) => {
      const dropped: unknown[] = []
      const { pool, runs, letters } = crashing(99, {
        retryOnCrash: { work: 50 },
        poisonAfter: 2,
        onDrop: (letter) => dropped.push(letter),
      })
      if (kind === 'call') {
        expect(await failure(call(pool, { type: 'work' }))).toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
      } else cast(pool, { type: 'work' })
      await clock.settle()
      expect(runs).toHaveLength(2)
      expect(letters).toEqual([
        { pool: 'pool', message: { type: 'work' }, error: expect.objectContaining({ code: 'ERR_GENPOOL_CRASHED' }) },
      ])
      expect(dropped).toEqual(letters)
      expect(inspect(pool).deadLetters).toBe(1)
    },
  )

  it('repeats before what was sent later, and though the queue is full', async () => {
    const { pool, runs } = crashing(1, { retryOnCrash: { work: 1 }, broker: { client: { type: 'drop', max: 2 } } })
    const order: string[] = []
    const note = (name: string) => () => order.push(name)
    const all = [
      call(pool, { type: 'work' }).then(note('first')),
      call(pool, { type: 'work' }).then(note('second')),
      call(pool, { type: 'work' }).then(note('third')),
    ]
    await clock.settle()
    await Promise.all(all)
    expect(order).toEqual(['first', 'second', 'third'])
    expect(runs).toHaveLength(4)
  })

  it('keeps the deadline, and retries while the pool drains', async () => {
    const { pool, runs } = crashing(1, { retryOnCrash: { work: 3 } })
    const answer = call(pool, { type: 'work' })
    const drained = drain(pool)
    await clock.settle()
    expect(await answer).toBe('done')
    await drained
    expect(runs).toHaveLength(2)
  })
})
