import { KilledQueue } from '../support/killed-queue'
import { until } from '../support/until'

/* What looks like a leftover of a server that was killed, and is not done. */
let queue: KilledQueue
beforeEach(() => (queue = new KilledQueue()))
afterEach(() => queue.end())

describe('what is not done is never deleted', () => {
  it('of what is in hand, waits, is held back, or waits for its next attempt, whenever the server is killed', async () => {
    const jobs = await queue.begin()
    await queue.castAll(jobs, 0, 200)
    const consumer = await queue.consume(jobs)
    await until(() => queue.done.size > 100, 'some are done')
    queue.close()
    await queue.castAll(jobs, 200, 240)
    await jobs.cast({ type: 'work', n: 240 }, { delay: 10_000 })
    const left = 241 - queue.done.size
    for (let kill = 0; kill < 2; kill++) {
      await queue.restart()
      await queue.looked(consumer, 4)
    }
    // Those that ended while the gate closed are done, too.
    const { waiting, inHand, delayed } = await jobs.inspect()
    expect(waiting + inHand + delayed).toBeGreaterThanOrEqual(Math.min(left, 241 - queue.done.size))
    queue.open()
    await until(() => queue.done.size === 241, 'all are done')
    await until(() => queue.isCalm(jobs, 60), 'few stay in the stream')
    await consumer.stop()
  })

  it('of a server that has lost its place, and gives the same places again', async () => {
    const jobs = await queue.begin()
    await queue.castAll(jobs, 0, 5, () => undefined)
    queue.close()
    const early = await queue.consume(jobs, 5)
    await until(() => early.inspect().inHand === 5, 'they are in hand')
    await early.stop({ within: 0 })
    const bringBack = await queue.kept()
    queue.open()
    await queue.castAll(jobs, 5, 10, () => undefined)
    const consumer = await queue.consume(jobs)
    await until(() => queue.done.size === 10, 'all are done')
    await until(() => queue.isEmpty(), 'the stream is empty')
    await consumer.stop()
    // What was not on the disk is gone, as with a machine that crashes.
    await bringBack()
    expect(await queue.state()).toMatchObject({ messages: 5, last_seq: 5 })
    await queue.castAll(jobs, 10, 13, () => undefined)
    for (let life = 0; life < 2; life++) {
      const next = await queue.consume(jobs)
      await queue.looked(next, 5)
      await next.stop()
      await queue.restart('SIGTERM')
    }
    expect(await queue.state()).toMatchObject({ messages: 3, first_seq: 6, last_seq: 8 })
    expect(await jobs.inspect()).toMatchObject({ leftovers: 3 })
  })

  it('of a stream that was purged while a cast was in hand', async () => {
    const jobs = await queue.begin()
    queue.close()
    await queue.castAll(jobs, 0, 4, () => undefined)
    const connection = await queue.connected()
    const first = await (await queue.opened(connection)).consume(queue.pool(3) as never)
    await until(() => first.inspect().inHand === 3, 'three are in hand')
    await queue.jsm.streams.purge('genpool_q_jobs', { filter: 'genpool.q.jobs.any', seq: 2 })
    // Its process ends, and the server has forgotten that it had something.
    await connection.close()
    await first.stopped
    queue.open()
    for (let life = 0; life < 2; life++) {
      const next = await queue.consume(jobs)
      await queue.looked(next, 5)
      await next.stop()
      await queue.restart('SIGTERM')
    }
    const left = (await queue.state()).messages
    expect(left + queue.done.size).toBe(3)
    expect(left).toBeGreaterThan(0)
    expect(await jobs.inspect()).toMatchObject({ leftovers: left })
  })
})
