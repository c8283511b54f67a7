import { definePool, noReply, reply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

afterAll(endJetStream)

describe('a durable cast of a type that is a call', () => {
  it('is refused where that is known, and a dead letter that says why elsewhere', async () => {
    const server = await startJetStream()
    let runs = 0
    const Work = definePool({
      init: () => null,
      calls: { ask: () => (runs++, reply(5)) },
      casts: { work: () => noReply() },
    })
    const elsewhere = await durable(await connectTo(server), { name: 'calls' })
    const jobs = await durable(await connectTo(server), { name: 'calls' })
    const system = start()
    const consumer = await jobs.consume(spawnPool(system, Work, 'work') as never)
    await expect(jobs.cast({ type: 'ask' } as never)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining('"ask" is a call'),
    })
    await elsewhere.cast({ type: 'ask' } as never)
    await until(async () => (await jobs.inspect()).dead === 1, 'it is dead')
    expect(await jobs.dead()).toMatchObject([
      { reason: expect.stringContaining('"ask" is a call'), message: { type: 'ask' } },
    ])
    expect(runs).toBe(0)
    await consumer.stop()
    stop(system)
  })
})
