import { cast, definePool, noReply, onEvent, type PoolRef, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

afterAll(endJetStream)

/* nats-server 2.9 brings a cast that comes again twice, once as a new one, if all requests were cancelled a moment before. */
describe('a cast that comes again just after its consumer has cancelled its requests', () => {
  it('has one attempt after the other', async () => {
    const server = await startJetStream()
    const connection = await connectTo(server)
    const system = start()
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    let mark = (): void => undefined
    const marked = new Promise<void>((resolve) => (mark = resolve))
    const runs: string[] = []
    let atWork = 0
    const Work = definePool({
      init: () => null,
      casts: {
        fails: async (_message: object, _state, ctx) => {
          const { attempt } = ctx.delivery!
          runs.push(`${attempt}${++atWork > 1 ? ' beside another' : ''}`)
          if (attempt > 1) await marked
          atWork--
          if (runs.length === 1) throw new Error('it fails')
          return noReply()
        },
        waits: async () => {
          await gate
          return noReply()
        },
        mark: () => {
          mark()
          return noReply()
        },
      },
    })
    const jobs = await durable<typeof Work>(connection, { name: 'new', ackWait: 500, backoff: { initial: 40 } })
    const pool = spawnPool(system, Work, 'new', { size: 2, state: 'isolated' }) as PoolRef
    const consumer = await jobs.consume(pool as never)
    let againAt = Infinity
    const off = onEvent('genpool:delivery', ({ outcome }) => {
      if (outcome !== 'again') return
      againAt = performance.now() + 40
      // No member is idle any more, so it cancels what it has asked for.
      for (let i = 0; i < 2; i++) cast(pool, { type: 'waits' } as never)
    })
    await until(() => consumer.inspect().asked > 2, 'it has asked each lane')
    await jobs.cast({ type: 'fails' })
    await until(() => againAt < Infinity, 'it has failed')
    await until(() => performance.now() > againAt + 300, 'its time has come')
    open()
    await until(() => runs.length > 1, 'it has come again')
    // What the server brings once more comes before this one.
    await jobs.cast({ type: 'mark' })
    await marked
    await until(() => consumer.inspect().done > 1 && consumer.inspect().inHand === 0, 'both are done')
    expect(runs).toEqual(['1', '2'])
    expect(consumer.inspect()).toMatchObject({ done: 2 })
    await consumer.stop()
    off()
    stop(system)
  })
})
