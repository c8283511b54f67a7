import { definePool, getState, noReply, type PoolOptions, type PoolRef, ready, spawnPool } from '@genpool/core'
import { durable, natsStore } from '@genpool/nats'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { Proxy } from '../support/proxy'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

interface Done {
  readonly ids: readonly string[]
}

let server: NatsServer
let proxy: Proxy
let system: ActorSystemRef
let made = 0
beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(async () => {
  system = start()
  proxy = await new Proxy(server).start()
})
afterEach(() => {
  stop(system)
  proxy.end()
})
afterAll(endJetStream)

/** A pool whose state is on NATS. The way to that is cut while the first handler runs, and the casts come on another one. */
async function open({ storeTimeout }: { readonly storeTimeout: number }) {
  const attempts: number[] = []
  const Work = definePool({
    init: (): Done => ({ ids: [] }),
    casts: {
      work: (_: object, _state, ctx) => {
        const { id, attempt } = ctx.delivery!
        if (attempts.push(attempt) === 1) proxy.cut()
        return noReply((draft) => void (draft.ids.includes(id) || draft.ids.push(id)))
      },
    },
  })
  const name = `timeout-${made++}`
  const store = await natsStore(await connectTo({ url: proxy.url } as NatsServer), {
    bucket: name,
    timeout: storeTimeout,
  })
  const state = { type: 'shared', store, key: 'done' }
  const pool = spawnPool(system, Work, name, { size: 1, state } as PoolOptions) as PoolRef
  await ready(pool)
  const jobs = await durable(await connectTo(server), { name, storage: 'memory', backoff: { initial: 10 } })
  const consumer = await jobs.consume(pool, { timeout: 100 })
  await jobs.cast({ type: 'work' } as never, { id: 'one' })
  await until(() => attempts.length > 0, 'it has begun')
  return { pool, consumer, attempts, state: () => getState(pool as never) as Done }
}

describe('a durable cast whose time is over while its commit is on its way to NATS', () => {
  it('is done with its commit, and does not run again', async () => {
    const { pool, consumer, attempts, state } = await open({ storeTimeout: 60_000 })
    const end = performance.now() + 300
    await until(() => performance.now() > end, 'its time is over')
    expect(consumer.inspect()).toMatchObject({ inHand: 1, done: 0, again: 0 })
    proxy.mend()
    await until(() => consumer.inspect().done === 1, 'it is done')
    expect([attempts, state()]).toEqual([[1], { ids: ['one'] }])
    expect(consumer.inspect()).toMatchObject({ inHand: 0, again: 0, dead: 0 })
    await consumer.stop()
    stop(pool)
  })

  it('runs again if nobody knows what became of that, and its id in the state makes it one', async () => {
    const { pool, consumer, attempts, state } = await open({ storeTimeout: 300 })
    await until(() => consumer.inspect().again > 0, 'its commit has failed')
    proxy.mend()
    await until(() => consumer.inspect().done === 1, 'it is done')
    expect(attempts.length).toBeGreaterThan(1)
    expect(state()).toEqual({ ids: ['one'] })
    await consumer.stop()
    stop(pool)
  })
})
