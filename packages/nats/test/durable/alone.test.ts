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
  it('is told by the consumer, which begins nothing else meanwhile', async () => {
    const ends: (() => void)[] = []
    const Work = definePool({
      casts: {
        work: async () => {
          await new Promise<void>((resolve) => ends.push(resolve))
          return noReply()
        },
      },
    })
    const options = { name: 'told', storage: 'memory', lanes: 2, ackWait: 500, maxDeliver: 2 } as const
    const first = await connectTo(server, { reconnect: false })
    const system = start()
    const jobs = await durable<typeof Work>(first, options)
    await jobs.cast({ type: 'work' }, { id: 'lost' })
    const lost = await jobs.consume(spawnPool(system, Work, 'first', { size: 2 }))
    await until(() => ends.length === 1, 'it has begun')
    expect(lost.inspect().alone).toBeNull()
    await first.close()
    await lost.stopped
    const second = await durable<typeof Work>(await connectTo(server), options)
    const consumer = await second.consume(spawnPool(system, Work, 'second', { size: 4 }))
    await until(() => consumer.inspect().alone?.running === true, 'it runs alone')
    expect(consumer.inspect().alone).toMatchObject({ id: 'lost', attempt: 2 })
    expect(consumer.explain()).toMatchObject({ calm: false, findings: [{ finding: 'alone' }] })
    expect(consumer.explain().text).toMatch(/the last attempt \(2\) of cast "lost" runs alone.*its process ended/)
    for (let n = 0; n < 3; n++) await second.cast({ type: 'work' })
    expect(ends).toHaveLength(2)
    ends[1]!()
    await until(() => ends.length === 5, 'the others run')
    expect(consumer.inspect().alone).toBeNull()
    expect(consumer.explain().findings.map(({ finding }) => finding)).not.toContain('alone')
    for (const end of ends) end()
    await consumer.stop()
    stop(system)
  })

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
