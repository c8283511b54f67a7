import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { Proxy } from '../support/proxy'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

afterAll(endJetStream)

describe('casts that a server has delivered, and that reached nobody since it was restarted', () => {
  it.each([1, 2])('have all their attempts: %i', async (maxDeliver) => {
    const server = await startJetStream()
    const proxy = await new Proxy(server).start()
    const forever = { reconnectTimeWait: 100, maxReconnectAttempts: -1 }
    const options = { name: 'lost', maxDeliver, ackWait: 1000, backoff: { initial: 10 }, timeout: 60_000 }
    const runs: string[] = []
    const Work = definePool({
      init: () => null,
      casts: {
        work: ({ name }: { name: string }) => {
          runs.push(name)
          if (name !== 'first') throw new Error('it fails')
          return noReply()
        },
      },
    })
    const near = await durable<typeof Work>(await connectTo(server, forever), options)
    const far = await durable<typeof Work>(await connectTo({ url: proxy.url } as NatsServer, forever), options)
    const system = start()
    const consumer = await far.consume(spawnPool(system, Work, 'work', { size: 4 }))
    await near.cast({ type: 'work', name: 'first' })
    await until(() => consumer.inspect().done === 1 && consumer.inspect().asked >= 4, 'it asks for more')
    await until(async () => (await near.inspect()).inHand === 0, 'the server knows that it is done')
    proxy.cut()
    for (const name of ['a', 'b', 'c', 'd']) await near.cast({ type: 'work', name })
    await until(async () => (await near.inspect()).inHand === 4, 'all are delivered')
    await server.kill('SIGTERM')
    proxy.break()
    proxy.mend()
    await server.start()
    await until(async () => (await near.inspect()).dead === 4, 'all have failed')
    expect(runs.sort()).toEqual(
      ['first', ...['a', 'b', 'c', 'd'].flatMap((name) => Array(maxDeliver).fill(name))].sort(),
    )
    for (const { history } of await near.dead())
      expect(history.filter(({ consumer: by }) => by === '').map(({ reason }) => reason)).toEqual([
        expect.stringContaining('the server was restarted'),
      ])
    await consumer.stop({ within: 0 })
    stop(system)
    proxy.end()
  })
})
