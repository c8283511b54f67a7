import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

const turn = () => new Promise((resolve) => setTimeout(resolve, 2))

describe('the last attempt of a cast that was lost with its process', () => {
  it('runs quite alone in its consumer: what runs ends first, and nothing begins beside it', async () => {
    const running = new Set<string>()
    const beside: string[] = []
    const done: string[] = []
    let isLost = false
    const Work = definePool({
      casts: {
        work: async ({ name }: { name: string }, _state, ctx) => {
          const id = `${name} ${ctx.delivery!.attempt}`
          if (isLost && name.startsWith('lost')) beside.push(...running)
          if (isLost && [...running].some((each) => each.startsWith('lost'))) beside.push(id)
          running.add(id)
          if (!isLost) await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
          for (let i = 0; i < 10; i++) await turn()
          running.delete(id)
          done.push(id)
          return noReply()
        },
      },
    })
    const options = { name: 'alone', storage: 'memory', lanes: 2, ackWait: 500, maxDeliver: 2 } as const
    const first = await connectTo(server, { reconnect: false })
    const jobs = await durable<typeof Work>(first, options)
    const system = start()
    for (let n = 0; n < 4; n++) await jobs.cast({ type: 'work', name: `lost-${n}` })
    const lost = await jobs.consume(spawnPool(system, Work, 'first', { size: 4 }))
    await until(() => running.size === 4, 'four have begun')
    // To the server it is as if its process had ended.
    await first.close()
    await lost.stopped
    await until(() => running.size === 0, 'what ran has ended')
    done.length = 0
    isLost = true
    const second = await connectTo(server)
    const others = await durable<typeof Work>(second, options)
    const consumer = await others.consume(spawnPool(system, Work, 'second', { size: 4 }))
    const casts = 60
    for (let n = 0; n < casts; n++) {
      await others.cast({ type: 'work', name: `other-${n}` }, n % 2 === 0 ? {} : { key: `k${n}` })
      if (n % 4 === 0) await turn()
    }
    await until(() => done.length === casts + 4, 'all are done')
    expect(done.filter((id) => id.startsWith('lost')).sort()).toEqual([0, 1, 2, 3].map((n) => `lost-${n} 2`))
    expect(beside).toEqual([])
    await consumer.stop()
    stop(system)
  })
})
