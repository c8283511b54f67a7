import { AsyncLocalStorage } from 'node:async_hooks'
import {
  broadcast,
  call,
  cast,
  configure,
  definePool,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, dispatch, query, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})

const user = new AsyncLocalStorage<string>()
/** A pool whose handlers write down whose context they see: at their begin, after a wait, after the commit. */
const spawned = (options: PoolOptions = {}) => {
  const log: [id: string, store: string | undefined][] = []
  let crashes = 1
  const note = async (id: string): Promise<void> => {
    log.push([id, user.getStore()])
    await clock.wait(10)
    log.push([id, user.getStore()])
  }
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async (msg: { id: string }, _state, ctx) => {
        ctx.afterCommit(() => void log.push([msg.id, user.getStore()]))
        await note(msg.id)
        return reply('done', (n: number) => n + 1)
      },
      flaky: async (msg: { id: string }) => {
        await note(msg.id)
        if (crashes-- > 0) throw new Error('once')
        return reply('done')
      },
    },
    casts: {
      work: async (msg: { id: string }) => {
        await note(msg.id)
        return noReply()
      },
    },
    handleInfo: (message) => note(String(message)).then(() => noReply()),
  })
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock, callerContext: true, ...options })
  return { pool, log }
}

describe('a pool with callerContext', () => {
  it('runs each handler in the context of its caller, also when it had to wait, after awaits and after its commit', async () => {
    const { pool, log } = spawned()
    const answers = ['ann', 'bob', 'cid'].map((id) => user.run(id, () => call(pool, { type: 'work', id })))
    const outside = call(pool, { type: 'work', id: 'nobody' })
    await clock.advance(100)
    await Promise.all([...answers, outside])
    const each = (id: string, store: unknown): unknown[] => [1, 2, 3].map(() => [id, store])
    expect(log).toEqual([
      ...each('ann', 'ann'),
      ...each('bob', 'bob'),
      ...each('cid', 'cid'),
      ...each('nobody', undefined),
    ])
  })

  it('does so for every way to send a message', async () => {
    const { pool, log } = spawned()
    user.run('cast', () => cast(pool, { type: 'work', id: 'cast' }))
    user.run('dispatch', () => dispatch(pool as never, { type: 'work', id: 'dispatch' } as never))
    const ask = (): Promise<unknown> => query(pool as never, { type: 'work', id: 'query' } as never, 5000)
    const answer = user.run('query', ask)
    user.run('broadcast', () => broadcast(pool, 'broadcast'))
    await clock.advance(1000)
    await answer
    expect(log).toHaveLength(9)
    for (const [id, store] of log) expect(store).toBe(id)
  })

  it('keeps it for a message that is run again', async () => {
    const { pool, log } = spawned({ retryOnCrash: { flaky: 1 } })
    const answer = user.run('ann', () => call(pool, { type: 'flaky', id: 'flaky' }))
    await clock.advance(100)
    expect(await answer).toBe('done')
    expect(log).toEqual([1, 2, 3, 4].map(() => ['flaky', 'ann']))
  })

  it('can be switched while requests flow', async () => {
    const { pool, log } = spawned({ callerContext: false })
    const ask = (id: string): Promise<unknown> => user.run(id, () => call(pool, { type: 'work', id }))
    const answers = [ask('one')]
    // Without it, a request that had to wait is run in whatever context the member before it was.
    answers.push(ask('two'))
    await clock.advance(100)
    expect(log.slice(3).some(([, store]) => store !== 'two')).toBe(true)
    configure(pool, { callerContext: true })
    log.length = 0
    answers.push(ask('three'), ask('four'))
    await clock.advance(100)
    await Promise.all(answers)
    expect(log.map(([id, store]) => id === store)).toEqual([1, 2, 3, 4, 5, 6].map(() => true))
  })
})
