import fc from 'fast-check'
import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { delayPlan } from '../../src/durable/delays'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

const HOUR = 3_600_000
/** Casts were moved 64 at a time, every 10 s: so many took longer than this. */
const LIMIT_MS = 60_000

let server: NatsServer
const ends: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  server = await startJetStream()
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await endJetStream()
})

/** What ran, in order, and by how much each was too late, by the clock of this machine. */
const ran: { readonly n: number; readonly lateMs: number }[] = []
beforeEach(() => void (ran.length = 0))
const Work = definePool({
  init: () => null,
  casts: {
    work: ({ n, due }: { n: number; due: number }) => {
      ran.push({ n, lateMs: performance.now() - due })
      return noReply()
    },
  },
})

const open = async (ackWait = 30_000): Promise<Durable> => {
  const connection = await connectTo(server, { reconnectTimeWait: 50, maxReconnectAttempts: -1 })
  return durable(connection, { name: 'q', lanes: 2, ackWait })
}
/** A consumer as another process has it: with a connection of its own. */
const consume = async (ackWait = 30_000) => {
  const connection = await connectTo(server, { reconnectTimeWait: 50, maxReconnectAttempts: -1 })
  const jobs = await durable<typeof Work>(connection, { name: 'q', lanes: 2, ackWait })
  const system = start()
  const consumer = await jobs.consume(spawnPool(system, Work, 'work', { size: 4 }))
  ends.push(async () => {
    await consumer.stop({ within: 0 })
    stop(system)
    await connection.close()
  })
  return { connection, consumer }
}
const cast = (jobs: Durable, n: number, delay: number) =>
  jobs.cast({ type: 'work', n, due: performance.now() + delay }, { delay, ...(n % 3 === 0 ? { key: 'k' } : {}) })
const castAll = (jobs: Durable, count: number, delayOf: (n: number) => number) =>
  Promise.all(Array.from({ length: count }, (_, n) => cast(jobs, n, delayOf(n))))
const allRan = (count: number) => until(() => new Set(ran.map(({ n }) => n)).size >= count, `${count} ran`, LIMIT_MS)

describe('delayed casts', () => {
  it('begin on time behind any number of others that are held back for longer', async () => {
    const jobs = await open()
    await consume()
    await castAll(jobs, 1000, () => HOUR)
    await cast(jobs, 5000, 200)
    await until(() => ran.length > 0, 'the short one', LIMIT_MS)
    expect(ran.map(({ n }) => n)).toEqual([5000])
    expect(await jobs.inspect()).toMatchObject({ delayed: 1000, overdue: 0, overdueMs: 0 })
  })

  it('begin when a consumer comes, if they were stored behind any number of others before', async () => {
    const jobs = await open()
    await castAll(jobs, 1000, () => HOUR)
    await cast(jobs, 5000, 200)
    await consume()
    await until(() => ran.length > 0, 'the short one', LIMIT_MS)
    expect(ran.map(({ n }) => n)).toEqual([5000])
  })

  it('all begin once, none of them too early, with several consumers', async () => {
    const asked = performance.now()
    const jobs = await open()
    // The server's time is known to within one round trip.
    await Promise.all([consume(), consume(), consume()])
    const errorMs = performance.now() - asked
    await castAll(jobs, 600, (n) => (n * 7919) % 4000)
    await allRan(600)
    await until(async () => (await jobs.inspect()).delayed === 0, 'none is held back')
    expect(ran.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, n) => n))
    expect(Math.min(...ran.map(({ lateMs }) => lateMs))).toBeGreaterThan(-errorMs - 10)
  })

  it('begin soon elsewhere when the consumer that keeps them is gone', async () => {
    // Far longer than the test may take: nobody waits for it.
    const jobs = await open(HOUR)
    const { connection, consumer } = await consume(HOUR)
    await castAll(jobs, 300, (n) => 1500 + n * 5)
    await until(() => ran.length >= 50, 'it moves them', LIMIT_MS)
    await consumer.stop({ within: 0 })
    await connection.close()
    await consume(HOUR)
    await allRan(300)
  })

  it('begin after the server was killed and started again', async () => {
    const jobs = await open(2000)
    await Promise.all([consume(2000), consume(2000)])
    await castAll(jobs, 500, (n) => 500 + n * 5)
    await until(() => ran.length >= 100, 'some ran', LIMIT_MS)
    await server.kill()
    await server.start()
    await allRan(500)
  })

  it('are told when they are overdue, and since when, and what to do', async () => {
    const jobs = await open()
    await castAll(jobs, 100, () => 1)
    await until(async () => (await jobs.inspect()).overdue > 0, 'they are overdue')
    const seen = await jobs.inspect()
    expect(seen).toMatchObject({ delayed: 100, overdue: 100, waiting: 0 })
    expect(seen.overdueMs).toBeGreaterThan(2000)
    const explanation = await jobs.explain()
    expect(explanation.calm).toBe(false)
    expect(explanation.text).toMatch(/100 of 100 delayed casts should have begun, up to \d+ s ago, and nobody consumes/)
    expect(explanation.text).toContain('jobs.consume(pool)')
    await consume()
    await allRan(100)
    await until(async () => (await jobs.inspect()).overdue === 0, 'none is overdue')
    expect((await jobs.explain()).calm).toBe(true)
  })
})

describe('a cast that is held back', () => {
  const now = 1_700_000_000_000
  const times = fc.integer({ min: 1, max: 10_000_000 }).map((leftMs) => now + leftMs)

  it('comes again before it is due, or is kept here and comes again only if this process has ended', () => {
    fc.assert(
      fc.property(times, fc.boolean(), (dueAt, hasRoom) => {
        const { isKept, backAt } = delayPlan(dueAt, now, hasRoom)
        expect(backAt).toBeGreaterThan(now)
        if (isKept) expect(backAt - dueAt).toBeGreaterThanOrEqual(1000)
        if (isKept) expect(hasRoom).toBe(true)
        else expect(backAt - dueAt).toBeLessThan(50)
        expect(Math.abs(backAt - dueAt)).toBeLessThanOrEqual(2000)
      }),
    )
  })

  it('comes again when others do: the server looks at all of them each time', () => {
    fc.assert(
      fc.property(times, (dueAt) => {
        expect(delayPlan(dueAt, now, true).backAt % 1000).toBe(0)
      }),
    )
  })

  it('is kept here when it comes again, if there is room', () => {
    fc.assert(
      fc.property(times, (dueAt) => {
        const first = delayPlan(dueAt, now, true)
        if (!first.isKept) expect(delayPlan(dueAt, first.backAt, true).isKept).toBe(true)
      }),
    )
  })
})
