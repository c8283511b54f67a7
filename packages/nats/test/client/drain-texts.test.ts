import { call, cast, drain, ready } from '@genpool/core'
import { remotePool } from '@genpool/nats'
import { connectTo } from '../support/server'
import { connection, held, node, type Orders, remote, server, system } from '../support/orders'
import { until } from '../support/until'

const failureOf = (work: Promise<unknown>): Promise<{ code: string; message: string }> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: { code: string; message: string }) => error,
  )
/** A call whose handler runs. In a list, since an async function would wait for the answer. */
const running = async (orders: ReturnType<typeof remote>): Promise<[Promise<unknown>]> => {
  const before = held.length
  const answer = call(orders, { type: 'hold' })
  answer.catch(() => undefined)
  await until(() => held.length > before, 'it runs')
  return [answer]
}

describe('the errors around the end of a remote pool say what happened, why, and what to do:', () => {
  it('while its address drains, and of what the drain was too short for', async () => {
    const [, { id }] = await node('short', { size: 1 })
    const orders = remote('short')
    await ready(orders)
    const [answer] = await running(orders)
    const drained = drain(orders, { within: 80 })
    const draining =
      '"short" is draining here, so a request to it was not run. Its address takes nothing new: send it before drain(pool), or make ' +
      'a new one with remotePool().'
    const refused = { code: 'ERR_GENPOOL_STOPPED', message: draining }
    expect(await failureOf(call(orders, { type: 'echo', value: 1 }))).toMatchObject(refused)
    expect(cast(orders, { type: 'put', value: 1 })).toMatchObject({ ok: false, error: refused })
    expect(await failureOf(ready(orders))).toMatchObject(refused)
    await drained
    expect(await failureOf(answer)).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      started: true,
      mayBeCommitted: true,
      message:
        '"short" has stopped here, since drain(pool) was to wait for 80 ms at most, so a request to it failed while it was at node ' +
        `"${id}", which had not answered, and may be committed. Read the state, or make the change repeatable, before you send it ` +
        'again. Give "within" more time, or send less before drain(pool).',
    })
    expect(await failureOf(call(orders, { type: 'echo', value: 1 }))).toMatchObject({
      message: '"short" has stopped, so a request to it was not run. Make a new one with remotePool().',
    })
  })

  it('of a pool that its node drains for too short a time, and when no node is left', async () => {
    const [pool] = await node('one-node', { size: 1 })
    const orders = remote('one-node', { silentAfter: 2000 })
    await ready(orders)
    const [answer] = await running(orders)
    await drain(pool, { within: 50 })
    expect((await failureOf(answer)).message).toMatch(
      /"local-one-node-\d+" has stopped, since drain\(pool\) was to wait for 50 ms at most, so a request to it failed while it was running\. Give "within" more time/,
    )
    expect((await failureOf(call(orders, { type: 'echo', value: 1 }))).message).toBe(
      '"one-node" cannot be reached: nobody serves "one-node" on NATS. Start a node with serve(), and look at "nats service ls". ' +
        'The request was not run.',
    )
  })

  it('of a node that stops serving before it has answered', async () => {
    const [, service] = await node('cut', { size: 1 })
    const orders = remote('cut', { silentAfter: 200 })
    await ready(orders)
    const [answer] = await running(orders)
    await service.stop({ within: 20 })
    expect((await failureOf(answer)).message).toBe(
      `"cut" cannot be reached: node "${service.id}", which had the request, is gone or answers no more. What may run twice can be ` +
        'called with { idempotent: true }: another node gets it then. The request may have run, so it was not sent again.',
    )
  })

  it('of a client whose connection is closed', async () => {
    await node('closed', { size: 1 })
    const nc = await connectTo(server)
    const orders = remotePool<typeof Orders>(system, nc, { name: 'closed' })
    await ready(orders)
    const [answer] = await running(orders)
    await nc.close()
    const closed =
      '"closed" cannot be reached: its connection to NATS is closed. Open another one, and make the remote pool again with it.'
    expect((await failureOf(answer)).message).toBe(`${closed} The request may have run, so it was not sent again.`)
    expect((await failureOf(call(orders, { type: 'echo', value: 1 }))).message).toBe(
      `${closed} The request was not run.`,
    )
    expect(connection.isClosed()).toBe(false)
  })
})
