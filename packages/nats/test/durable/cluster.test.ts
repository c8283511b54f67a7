import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type Durable, type DurableOptions } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { start, stop } from 'nact'
import { endJetStream, startJetStreamCluster } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

afterAll(async () => {
  await endJetStream()
})

const opened = async (servers: readonly NatsServer[], options: DurableOptions): Promise<Durable> =>
  durable(await connectTo(servers, { reconnectTimeWait: 50, maxReconnectAttempts: -1 }), options)

describe('a cluster of three servers that all store', () => {
  it('of which each is killed once: every cast that was stored is done', async () => {
    const servers = await startJetStreamCluster()
    const options = { name: 'cluster', lanes: 2, replicas: 3, ackWait: 3000, timeout: 60_000, backoff: { initial: 50 } }
    const jobs = await opened(servers, options)
    const others = await opened(servers, options)
    const connection = await connectTo(servers, { reconnectTimeWait: 50, maxReconnectAttempts: -1 })
    const jsm = await jetstreamManager(connection as never)
    const areCurrent = async (): Promise<boolean> => {
      const streams = ['jobs', 'tries', 'dead'].map((each) => jsm.streams.info(`genpool_cluster_${each}`))
      const infos = await Promise.all(streams).catch(() => [])
      const current = infos.filter(({ cluster }) => cluster?.replicas?.every((replica) => replica.current) === true)
      return current.length === 3
    }
    const system = start()
    const seen: number[] = []
    const done = new Set<number>()
    const Work = definePool({
      init: () => null,
      casts: {
        work: ({ n }: { n: number }) => {
          if (!done.has(n)) seen.push(n)
          done.add(n)
          return noReply()
        },
      },
    })
    const consumers = await Promise.all(
      [jobs, others].map((each, i) => each.consume(spawnPool(system, Work, `work-${i}`, { size: 4 }) as never)),
    )
    let n = 0
    const more = (count: number) =>
      Promise.all(
        Array.from({ length: count }, () => {
          const id = n++
          return jobs.cast({ type: 'work', n: id }, { id: `id-${id}`, ...(id % 2 === 0 ? { key: 'even' } : {}) })
        }),
      )
    for (const server of servers) {
      const stored = more(40)
      await until(() => done.size > n - 40, 'some are done')
      await server.kill()
      await stored
      await more(20)
      await until(() => done.size === n, `all are done, ${done.size} of ${n}`, 90_000)
      if (server === servers.at(-1)) break
      // The next one may be killed when the others can go on without it.
      await server.start()
      await until(areCurrent, 'all servers have caught up', 90_000)
    }
    expect(await jobs.dead()).toEqual([])
    expect(seen).toHaveLength(180)
    await Promise.all(consumers.map((consumer) => consumer.stop({ within: 1000 })))
    stop(system)
  })
})
