import { durable } from '@genpool/nats'
import { spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { done, Mails } from '../support/mailbox'
import { connectTo, freePort, startServer } from '../support/server'
import { until } from '../support/until'

/* JetStream runs on a hub, in a domain; what uses it is connected to a leaf node. */
const startHub = async (): Promise<{ remote: string }> => {
  const port = await freePort()
  await startJetStream(`server_name: hub\nleafnodes { listen: "127.0.0.1:${port}" }`, 'domain: hub')
  return { remote: `url: "nats://127.0.0.1:${port}"` }
}
const options = { name: 'q', lanes: 2, ackWait: 600, domain: 'hub', maxDeliver: 3 }
/** The queue, as it is used at a leaf node of the hub: it takes a while until that reaches the domain. */
const queueAt = async (remote: string) => {
  const leaf = await connectTo(await startServer(`server_name: leaf\nleafnodes { remotes: [{ ${remote} }] }`))
  await until(async () => (await durable(leaf, { ...options, timeout: 200 }).catch(() => null)) !== null, 'it is open')
  return durable(leaf, options)
}
afterEach(async () => {
  done.length = 0
  await endJetStream()
})

describe('a queue beyond a leaf node', () => {
  it('is used with the domain of its JetStream', async () => {
    const { remote } = await startHub()
    const jobs = await queueAt(remote)
    const system = start()
    const consumer = await jobs.consume(spawnPool(system, Mails, 'mails', { size: 2 }) as never)
    await jobs.cast({ type: 'send', to: 'ann' }, { key: 'k' })
    await jobs.cast({ type: 'send', to: 'ben' }, { delay: 10 })
    await until(async () => (await jobs.inspect()).waiting + (await jobs.inspect()).inHand === 0, 'all are taken')
    await until(() => done.length === 2, 'both are done')
    expect(consumer.inspect()).toMatchObject({ unheard: 0, trouble: null })
    await consumer.stop()
    stop(system)
  })

  it('that keeps acknowledgements back: what was done comes again, is not run again, and the consumer says so', async () => {
    const { remote } = await startHub()
    const jobs = await queueAt(`${remote}, deny_exports: ["$JS.ACK.>"]`)
    const system = start()
    const consumer = await jobs.consume(spawnPool(system, Mails, 'mails', { size: 2 }) as never)
    await jobs.cast({ type: 'send', to: 'ann' })
    await until(() => consumer.inspect().unheard > 2, 'it came again and again')
    expect(done).toEqual(['ann'])
    expect(consumer.explain().text).toMatch(
      /acknowledged here come again.* If it goes on, .* the permissions of a leaf node/,
    )
    await consumer.stop()
    stop(system)
  })
})
