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
  resize,
  spawnPool,
} from '@genpool/core'
import { dispatch, query, stop } from 'nact'
import { clock, system } from '../virtual-system'

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
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock, ...options })
  return { pool, log }
}

describe('the asynchronous context of a handler', () => {
  it('is that of its caller, also when it had to wait, after awaits and after its commit', async () => {
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

  it('is so for every way to send a message', async () => {
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

  it('is the same for a message that is run again', async () => {
    const { pool, log } = spawned({ retryOnCrash: { flaky: 1 } })
    const answer = user.run('ann', () => call(pool, { type: 'flaky', id: 'flaky' }))
    await clock.advance(100)
    expect(await answer).toBe('done')
    expect(log).toEqual([1, 2, 3, 4].map(() => ['flaky', 'ann']))
  })

  it('is empty with callerContext: false, whoever starts the turn; this can be switched while requests flow', async () => {
    const { pool, log } = spawned({ callerContext: false })
    const ask = (id: string): Promise<unknown> => user.run(id, () => call(pool, { type: 'work', id }))
    const answers = [ask('one'), ask('two')]
    await clock.advance(100)
    expect(log.map(([, store]) => store)).toEqual([1, 2, 3, 4, 5, 6].map(() => undefined))
    configure(pool, { callerContext: true })
    log.length = 0
    answers.push(ask('three'), ask('four'))
    await clock.advance(100)
    await Promise.all(answers)
    expect(log.map(([id, store]) => id === store)).toEqual([1, 2, 3, 4, 5, 6].map(() => true))
  })

  it.each([true, false])('is never that of another caller (callerContext: %s)', async (callerContext) => {
    const seen: unknown[] = []
    const Work = definePool({
      calls: { ask: () => reply(user.getStore()) },
      casts: { tell: (msg: { id: string }) => (seen.push([msg.id, user.getStore()]), noReply()) },
    })
    const pool = spawnPool(system, Work, 'many', { size: 8, callerContext })
    const ids = Array.from({ length: 20 }, (_, i) => String(i))
    const own = (id: string): string | undefined => (callerContext ? id : undefined)
    const answers = ids.map((id) => user.run(id, () => call(pool, { type: 'ask' })))
    answers.push(call(pool, { type: 'ask' }))
    expect(await Promise.all(answers)).toEqual([...ids.map(own), undefined])
    for (const id of ids) user.run(id, () => cast(pool, { type: 'tell', id }))
    cast(pool, { type: 'tell', id: 'nobody' })
    await call(pool, { type: 'ask' })
    expect(seen).toEqual([...ids.map((id) => [id, own(id)]), ['nobody', undefined]])
  })

  it('is that of its caller for thousands of casts that wait, some with a context and some without', async () => {
    const seen: unknown[] = []
    const Work = definePool({
      casts: { tell: (msg: { id: string | undefined }) => (seen.push(msg.id === user.getStore()), noReply()) },
    })
    const pool = spawnPool(system, Work, 'packed', { size: 1, clock })
    for (let i = 0; i < 5000; i++) {
      const id = i % 3 === 0 ? undefined : String(i)
      if (id === undefined) cast(pool, { type: 'tell', id })
      else user.run(id, () => cast(pool, { type: 'tell', id }))
    }
    await clock.advance(1000)
    expect(seen).toEqual(Array.from({ length: 5000 }, () => true))
  })

  it('is also that of the recipe and of the function that makes the answer, in sync and async handlers', async () => {
    const seen: unknown[] = []
    const answer = () =>
      reply(
        () => user.getStore(),
        () => void seen.push(user.getStore()),
      )
    const Work = definePool({ init: () => ({}), calls: { now: answer, later: async () => answer() } })
    const pool = spawnPool(system, Work, 'recipes', { size: 2 })
    const answers = (['now', 'later'] as const).flatMap((type) =>
      ['ann', 'bob'].map((id) => user.run(id, () => call(pool, { type }))),
    )
    expect(await Promise.all(answers)).toEqual(['ann', 'bob', 'ann', 'bob'])
    expect(seen.sort()).toEqual(['ann', 'ann', 'bob', 'bob'])
  })

  it('is that of the first caller of a batch', async () => {
    const seen: unknown[] = []
    const Work = definePool({
      calls: {
        slow: async () => (await clock.wait(10), reply(0)),
        add: {
          batch: 3,
          handle: (msgs: readonly { n: number }[]) => (seen.push(user.getStore()), reply(msgs.map(() => 0))),
        },
      },
    } as never) as never
    const pool = spawnPool(system, Work, 'batch', { size: 1, clock })
    const answers = [call(pool as never, { type: 'slow' } as never)]
    for (const id of ['ann', 'bob', 'cid']) {
      answers.push(user.run(id, () => call(pool as never, { type: 'add', n: 1 } as never)))
    }
    await clock.advance(100)
    await Promise.all(answers)
    expect(seen).toEqual(['ann'])
  })

  it('is that of the sender, for an answer that a pool gets and for a broadcast to a member that starts later', async () => {
    const seen: unknown[] = []
    const Log = definePool({
      casts: { note: () => (seen.push(user.getStore()), noReply()) },
      handleInfo: () => (seen.push(user.getStore()), noReply()),
    })
    const log = spawnPool(system, Log, 'log', { size: 1 })
    const Work = definePool({ calls: { ask: async () => (await clock.wait(5), reply({ type: 'note' })) } })
    const pool = spawnPool(system, Work, 'work', { size: 4, clock })
    // nact's types do not tell of the sender.
    const dispatchFrom = dispatch as (...given: unknown[]) => void
    for (const id of ['ann', 'bob']) user.run(id, () => dispatchFrom(pool, { type: 'ask' }, log))
    await clock.advance(100)
    expect(seen.splice(0)).toEqual(['ann', 'bob'])
    user.run('cid', () => broadcast(log, 'hello', { lateJoiners: true }))
    await clock.settle()
    user.run('dan', () => resize(log, 2))
    await clock.settle()
    await new Promise((done) => setImmediate(done))
    expect(seen).toEqual(['cid', 'cid'])
  })
})

describe('no context of a caller', () => {
  it('is seen by init, by terminate, by a replacement and by requests without one', async () => {
    const seen: unknown[] = []
    const note = (what: string): unknown => seen.push([what, user.getStore()])
    const Work = definePool({
      init: () => void note('init'),
      terminate: () => void note('terminate'),
      calls: {
        crash: () => {
          throw new Error('crash')
        },
        ask: () => (note('ask'), reply(0)),
      },
    })
    const pool = user.run('spawner', () => spawnPool(system, Work, 'own', { size: 1, state: 'isolated', clock }))
    const asked = call(pool, { type: 'ask' })
    await user.run('ann', () => call(pool, { type: 'crash' }).catch(() => 0))
    await clock.advance(5000)
    await asked
    user.run('bob', () => resize(pool, 2))
    const again = call(pool, { type: 'ask' })
    await clock.advance(5000)
    await again
    user.run('cid', () => stop(pool))
    await clock.advance(5000)
    expect(seen.map((each) => (each as unknown[])[0])).toEqual(expect.arrayContaining(['init', 'ask', 'terminate']))
    expect(seen.filter((each) => (each as unknown[])[1] !== undefined)).toEqual([])
  })

  it('is seen by what is told of the message of another', async () => {
    const seen: unknown[] = []
    const Work = definePool({
      calls: { slow: async () => (await clock.wait(50), reply(0)) },
      casts: { note: (_msg: { id?: string }) => noReply() },
    })
    const pool = spawnPool(system, Work, 'drops', {
      size: 1,
      clock,
      broker: { client: { type: 'drop', max: 1, dropFrom: 'head' } },
      onDrop: ({ message }) => seen.push([(message as { id?: string }).id, user.getStore()]),
    })
    const slow = call(pool, { type: 'slow' })
    await clock.settle()
    cast(pool, { type: 'note' })
    for (const id of ['ann', 'bob', 'cid']) user.run(id, () => cast(pool, { type: 'note', id }))
    user.run('dan', () => cast(pool, { type: 'unknown', id: 'dan' } as never))
    await clock.advance(100)
    await slow
    expect(seen).toHaveLength(4)
    for (const each of seen as [unknown, unknown][]) expect(each[1]).toBe(each[0])
  })
})
