import { definePool, explain, noReply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { Proxy } from '../support/proxy'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

afterAll(endJetStream)

describe('a consumer that hears nothing of its server, and is not told that the connection is lost', () => {
  it('says so first, also in explain(pool), and is calm when it hears it again', async () => {
    const server = await startJetStream()
    const proxy = await new Proxy(server).start()
    const Work = definePool({ init: () => null, casts: { work: () => noReply() } })
    const jobs = await durable<typeof Work>(await connectTo({ url: proxy.url } as NatsServer), { name: 'cut' })
    const system = start()
    const pool = spawnPool(system, Work, 'work', { size: 2 })
    const consumer = await jobs.consume(pool)
    await until(() => consumer.inspect().server !== null, 'it has heard of the server')
    expect(consumer.explain().calm).toBe(true)
    proxy.cut()
    await until(() => !consumer.explain().calm, 'it says that something is wrong')
    expect(consumer.explain().text).toMatch(/nothing was heard of the server for \d+ s/)
    expect(consumer.explain().findings[0]).toMatchObject({ finding: 'unreachable' })
    expect(consumer.inspect()).toMatchObject({ connected: true, trouble: expect.stringContaining('nothing was heard') })
    expect(explain(pool).findings[0]?.says).toContain('nothing was heard of the server')
    proxy.mend()
    await until(() => consumer.explain().calm, 'it hears it again')
    await jobs.cast({ type: 'work' })
    await until(() => consumer.inspect().done === 1, 'it works')
    await consumer.stop()
    stop(system)
    proxy.end()
  })
})
