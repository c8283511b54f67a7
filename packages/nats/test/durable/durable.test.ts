import { explain, inspect, onEvent, spawnPool, type DeliveryEvent } from '@genpool/core'
import { until } from '../support/until'
import { done, deliveries, runs, Mails, system, consumers, open, consume, doneAre } from '../support/mails'

describe('a durable cast', () => {
  it('is stored before anybody consumes, and is done when somebody does', async () => {
    const jobs = await open()
    expect(await jobs.cast({ type: 'send', to: 'a' })).toEqual({ seq: 1, duplicate: false })
    expect(await jobs.inspect()).toMatchObject({ waiting: 1, inHand: 0, dead: 0, asking: 0 })
    const consumer = await consume(jobs)
    await doneAre(1)
    await until(async () => (await jobs.inspect()).inHand === 0, 'acknowledged')
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, inHand: 0 })
    expect(consumer.inspect()).toMatchObject({ received: 1, done: 1, again: 0, dead: 0, inHand: 0 })
    expect(deliveries).toEqual([
      { id: expect.any(String) as string, attempt: 1, storedAt: expect.any(Date) as Date, seq: 1, key: undefined },
    ])
    expect(Math.abs(deliveries[0]!.storedAt.getTime() - Date.now())).toBeLessThan(10_000)
  })

  it('that comes at once is done at once, also with many lanes', async () => {
    const jobs = await open({ lanes: 32 })
    const consumer = await consume(jobs)
    await until(() => consumer.inspect().asked >= 36, 'waits at all lanes')
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => jobs.cast({ type: 'send', to: `${i}` }, i % 2 ? { key: `k${i}` } : {})),
    )
    await doneAre(50)
    expect(new Set(done).size).toBe(50)
    expect(runs.most).toBeLessThanOrEqual(4)
  })

  it('with an id that came before is a duplicate, and done once', async () => {
    const jobs = await open()
    expect(await jobs.cast({ type: 'send', to: 'a' }, { id: 'order-1' })).toEqual({ seq: 1, duplicate: false })
    expect(await jobs.cast({ type: 'send', to: 'a' }, { id: 'order-1' })).toEqual({ seq: 1, duplicate: true })
    expect(await jobs.cast({ type: 'send', to: 'b' }, { id: 'order-2' })).toEqual({ seq: 2, duplicate: false })
    await consume(jobs)
    await doneAre(2)
    expect(deliveries.map(({ id }) => id)).toEqual(['order-1', 'order-2'])
    // It is a duplicate when it is done, too.
    expect(await jobs.cast({ type: 'send', to: 'a' }, { id: 'order-1' })).toMatchObject({ duplicate: true })
  })

  it('that fails is tried again after a while, and its handler sees which attempt it is', async () => {
    const jobs = await open({ backoff: { initial: 50 } })
    const events: DeliveryEvent[] = []
    const off = onEvent('genpool:delivery', (event) => events.push(event))
    const consumer = await consume(jobs)
    await jobs.cast({ type: 'send', to: 'second' }, { id: 'x' })
    await doneAre(1)
    await until(() => consumer.inspect().done === 1, 'done')
    off()
    expect(deliveries).toMatchObject([{ id: 'x', attempt: 2 }])
    expect(events.map(({ outcome, attempt, retryInMs, reason }) => ({ outcome, attempt, retryInMs, reason }))).toEqual([
      { outcome: 'again', attempt: 1, retryInMs: 50, reason: expect.stringContaining('not yet') as string },
      { outcome: 'done', attempt: 2, retryInMs: 0, reason: undefined },
    ])
    expect(consumer.inspect()).toMatchObject({ again: 1, lastFailure: { id: 'x', reason: 'not yet' } })
  })

  it('that always fails is a dead letter with its history, and can be sent again', async () => {
    const jobs = await open({ maxDeliver: 3, backoff: { initial: 10 } })
    await consume(jobs)
    await jobs.cast({ type: 'send', to: 'fail-1' }, { id: 'x', key: 'k' })
    await jobs.cast({ type: 'send', to: 'good' }, { key: 'k' })
    await doneAre(1)
    const [letter, ...more] = await jobs.dead()
    expect(more).toEqual([])
    expect(letter).toMatchObject({
      id: 'x',
      key: 'k',
      message: { type: 'send', to: 'fail-1' },
      readable: true,
      reason: 'no mailbox "fail-1"',
      code: 'ERR_GENPOOL_CRASHED',
      attempts: 3,
      history: [1, 2, 3].map((attempt) => ({ attempt, code: 'ERR_GENPOOL_CRASHED', reason: 'no mailbox "fail-1"' })),
    })
    expect((await jobs.explain()).findings.map(({ finding }) => finding)).toEqual(['dead-letters'])
    expect(await jobs.retry(letter!)).toMatchObject({ duplicate: false })
    await until(async () => (await jobs.dead()).some(({ seq }) => seq !== letter!.seq), 'died again')
    const [again] = await jobs.dead()
    expect(again).toMatchObject({ id: 'x', attempts: 3 })
    await expect(jobs.retry(letter!)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringContaining(
        `retry of dead letter ${letter!.seq} of "${jobs.name}" was refused; nothing was changed.`,
      ) as string,
    })
    await expect(jobs.retry(letter!)).rejects.toThrow(
      /it is gone: somebody has sent it again with retry\(\).*dead\(\) lists/s,
    )
    expect(await jobs.discard(again!)).toBe(true)
    expect(await jobs.discard(again!)).toBe(false)
    expect(await jobs.dead()).toEqual([])
  })

  it('that expires while it waits is not run', async () => {
    const jobs = await open()
    await jobs.cast({ type: 'send', to: 'late' }, { expires: 1 })
    await jobs.cast({ type: 'send', to: 'in time' }, { expires: 60_000 })
    // The server's time is known to within one round trip.
    await until(async () => (await jobs.inspect()).oldestMs > 500, 'it is old')
    const consumer = await consume(jobs)
    await until(() => consumer.inspect().expired === 1 && done.length === 1, 'one expired')
    expect(done).toEqual(['in time'])
    expect(await jobs.dead()).toEqual([])
  })

  it('with a delay is not begun before, and then as any other', async () => {
    const jobs = await open()
    const asked = performance.now()
    await consume(jobs)
    const sent = performance.now()
    // The server's time is known to within one round trip.
    const errorMs = sent - asked
    await jobs.cast({ type: 'send', to: 'later' }, { id: 'l', delay: 1500 })
    await jobs.cast({ type: 'send', to: 'now' })
    await doneAre(1)
    expect(done).toEqual(['now'])
    await doneAre(2)
    expect(performance.now() - sent).toBeGreaterThan(1490 - errorMs)
    expect(deliveries[1]).toMatchObject({ id: 'l', attempt: 1 })
    // It was stored first, and that is its age.
    expect(deliveries[1]!.storedAt.getTime()).toBeLessThanOrEqual(deliveries[0]!.storedAt.getTime())
    await until(async () => (await jobs.inspect()).delayed === 0, 'none is held back')
  })

  it('is not taken by a pool that has no idle member', async () => {
    const jobs = await open()
    const busy = await consume(jobs, { size: 1 })
    await jobs.cast({ type: 'send', to: 'long', ms: 60_000 })
    await until(() => busy.inspect().inHand === 1, 'it runs')
    for (let i = 0; i < 5; i++) await jobs.cast({ type: 'send', to: `${i}` })
    expect(busy.inspect()).toMatchObject({ inHand: 1 })
    await consume(jobs, { size: 5 })
    await doneAre(5)
    expect(done).not.toContain('long')
    expect(runs.most).toBeLessThanOrEqual(6)
  })
})

describe('casts of one key', () => {
  it('run in order and one at a time, over two consumers', async () => {
    const jobs = await open({ lanes: 2, backoff: { initial: 20 } })
    await consume(jobs)
    await consume(jobs)
    const order: string[] = []
    for (let i = 0; i < 40; i++) {
      const to = `${i % 7 === 3 ? 'second-' : ''}${i}`
      order.push(to)
      await jobs.cast({ type: 'send', to, ms: i % 3 }, { key: 'customer' })
    }
    await doneAre(40)
    expect(done).toEqual(order)
    expect(runs.most).toBe(1)
  })
})

describe('a pool that consumes', () => {
  it('shows its consumers in inspect and explain: what waits at the server, is not acknowledged, and came again', async () => {
    const jobs = await open({ backoff: { initial: 60_000 } })
    const pool = spawnPool(system, Mails, 'seen', { size: 2 })
    const consumer = await jobs.consume(pool as never)
    consumers.push(consumer)
    expect(explain(pool).calm).toBe(true)
    await Promise.all(
      ['a', 'b', 'c', 'fail'].map((to) => jobs.cast({ type: 'send', to, ms: to === 'fail' ? 0 : 60_000 })),
    )
    await until(() => (inspect(pool).sources[0]?.server?.unacknowledged ?? 0) > 0, 'the server says what it has')
    await until(() => inspect(pool).sources[0]!.server!.waiting <= 2, 'it has given the pool something')
    const { queue, id, inHand, server: said } = inspect(pool).sources[0]!
    expect({ queue, id }).toEqual({ queue: jobs.name, id: consumer.id })
    expect(inHand).toBeGreaterThan(0)
    expect(said!.oldestMs).toBeGreaterThanOrEqual(0)
    expect(said!.waiting + said!.unacknowledged).toBeLessThanOrEqual(4)
    expect(explain(pool).findings.map(({ finding }) => finding)).toContain('members-busy')
    await consumer.stop({ within: 0 })
    expect(inspect(pool).sources).toEqual([])
  })

  it('has the age of the oldest cast that waits: not of one that is held back', async () => {
    const asked = performance.now()
    const jobs = await open()
    // The server's time is known to within one round trip.
    const errorMs = performance.now() - asked
    expect(await jobs.inspect()).toMatchObject({ oldestMs: 0 })
    await jobs.cast({ type: 'send', to: 'b' }, { delay: 600_000 })
    const stored = performance.now()
    await until(() => performance.now() - stored > errorMs + 100, 'it is old')
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, delayed: 1, oldestMs: 0 })
    const before = performance.now()
    await jobs.cast({ type: 'send', to: 'a' }, { key: 'k' })
    const { oldestMs: young } = await jobs.inspect()
    expect(young).toBeLessThan(performance.now() - before + errorMs)
    await until(async () => (await jobs.inspect()).oldestMs > young + 20, 'it grows older')
    await jobs.cast({ type: 'send', to: 'c' })
    const seen = await jobs.inspect()
    expect(seen).toMatchObject({ waiting: 2, delayed: 1 })
    expect(seen.oldestMs).toBeGreaterThan(young + 20)
  })

  it('counts the casts of all lanes, also of more than the server lists at once', async () => {
    const jobs = await open({ lanes: 256 })
    await Promise.all(Array.from({ length: 300 }, (_, i) => jobs.cast({ type: 'send', to: 'x' }, { key: `key ${i}` })))
    expect(await jobs.inspect()).toMatchObject({ waiting: 300 })
  })
})
