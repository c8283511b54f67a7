import {
  definePool,
  type Delivery,
  explain,
  inspect,
  noReply,
  onEvent,
  spawnPool,
  type DeliveryEvent,
} from '@genpool/core'
import { type Consumer, durable, type Durable, type DurableOptions } from '@genpool/nats'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer, startServer } from '../support/server'
import { until } from '../support/until'

interface Mail {
  readonly to: string
  readonly ms?: number
}

const done: string[] = []
const deliveries: Delivery[] = []
let running = 0
let most = 0
const Mails = definePool({
  init: () => null,
  casts: {
    send: async ({ to, ms = 0 }: Mail, _state, ctx) => {
      running++
      most = Math.max(most, running)
      try {
        // Until its time is over, or it is aborted: an abort is no failure of these.
        if (ms > 0) await sleep(ms, undefined, { signal: ctx.signal }).catch(() => undefined)
        if (to.startsWith('fail')) throw new Error(`no mailbox "${to}"`)
        if (to.startsWith('second') && ctx.delivery!.attempt === 1) throw new Error('not yet')
        deliveries.push(ctx.delivery!)
        done.push(to)
        return noReply()
      } finally {
        running--
      }
    },
  },
})

let server: NatsServer
let connection: NatsConnection
let system: ActorSystemRef
const consumers: Consumer[] = []
let queues = 0

beforeAll(async () => {
  server = await startJetStream()
})
afterAll(async () => {
  await endJetStream()
})
beforeEach(async () => {
  connection = await connectTo(server, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
  system = start()
  done.length = deliveries.length = 0
  most = 0
})
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop({ within: 0 })))
  stop(system)
})

const open = (options: Partial<DurableOptions> = {}): Promise<Durable> =>
  durable(connection, { name: `q${++queues}`, storage: 'memory', lanes: 4, ...options })
const consume = async (jobs: Durable, options: { size?: number; atMost?: number; timeout?: number } = {}) => {
  const { size = 4, ...rest } = options
  const pool = spawnPool(system, Mails, `pool-${consumers.length}-${queues}`, { size })
  const consumer = await jobs.consume(pool as never, rest)
  consumers.push(consumer)
  return consumer
}
const doneAre = (count: number) => until(() => done.length >= count, `${count} done, but ${done.length}`)

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
    expect(most).toBeLessThanOrEqual(4)
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
        `dead letter ${letter!.seq} of "${jobs.name}" was refused; nothing was changed.`,
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
    const sent = performance.now()
    await until(() => performance.now() - sent > 5, 'it is old')
    const consumer = await consume(jobs)
    await until(() => consumer.inspect().expired === 1 && done.length === 1, 'one expired')
    expect(done).toEqual(['in time'])
    expect(await jobs.dead()).toEqual([])
  })

  it('with a delay is not begun before, and then as any other', async () => {
    const jobs = await open()
    await consume(jobs)
    const sent = performance.now()
    await jobs.cast({ type: 'send', to: 'later' }, { id: 'l', delay: 1500 })
    await jobs.cast({ type: 'send', to: 'now' })
    await doneAre(1)
    expect(done).toEqual(['now'])
    await doneAre(2)
    expect(performance.now() - sent).toBeGreaterThan(1490)
    expect(deliveries[1]).toMatchObject({ id: 'l', attempt: 1 })
    // It was stored first, and that is its age.
    expect(deliveries[1]!.storedAt.getTime()).toBeLessThanOrEqual(deliveries[0]!.storedAt.getTime())
    await until(async () => (await jobs.inspect()).delayed === 0, 'none is held back')
  })

  it('is not taken by a pool that has no idle member', async () => {
    const jobs = await open()
    const busy = await consume(jobs, { size: 1 })
    await jobs.cast({ type: 'send', to: 'long', ms: 400 })
    await until(() => busy.inspect().inHand === 1, 'it runs')
    for (let i = 0; i < 5; i++) await jobs.cast({ type: 'send', to: `${i}` })
    expect(busy.inspect()).toMatchObject({ inHand: 1 })
    await consume(jobs, { size: 5 })
    await doneAre(5)
    expect(done).not.toContain('long')
    await doneAre(6)
    expect(most).toBeLessThanOrEqual(6)
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
    expect(most).toBe(1)
  })
})

describe('what is no cast of ours', () => {
  it('in the stream becomes a dead letter, and stops nobody', async () => {
    const jobs = await open()
    const { name } = jobs
    for (const [i, bytes] of [
      new Uint8Array(),
      Buffer.from('nonsense'),
      Buffer.from([0x6a, 1, 0, 8]),
      Buffer.from([0x6a, 9, 0, 0, 0]),
    ].entries()) {
      connection.publish(`genpool.${name}.jobs.${i % 2 ? 'any' : 'key.1'}`, bytes)
    }
    connection.publish(`genpool.${name}.jobs.later`, 'nonsense')
    await jobs.cast({ type: 'unknown' })
    await jobs.cast(5)
    await jobs.cast({ type: 'send', to: 'good' })
    const consumer = await consume(jobs)
    await doneAre(1)
    await until(() => consumer.inspect().dead === 7, `seven died, but ${consumer.inspect().dead}`)
    const letters = await jobs.dead()
    expect(letters.filter(({ readable }) => readable).map(({ message }) => message)).toEqual([{ type: 'unknown' }, 5])
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['ERR_GENPOOL_INVALID']))
    const unreadable = letters.find(({ readable }) => !readable)!
    await expect(jobs.retry(unreadable)).rejects.toThrow(/its bytes are no durable cast.*delete it with discard\(\)/s)
    expect(await jobs.dead({ limit: 2 })).toHaveLength(2)
    expect(await jobs.dead({ after: letters[4]!.seq })).toHaveLength(2)
    await until(async () => (await jobs.inspect()).inHand === 0, 'nothing is left in hand')
  })
})

describe('what somebody else has written', () => {
  it('among the dead letters is listed as unreadable; beside the attempts it counts as nothing', async () => {
    const jobs = await open({ maxDeliver: 2, ackWait: 600, backoff: { initial: 5 } })
    const { name } = jobs
    connection.publish(`genpool.${name}.dead.1`, 'nonsense')
    connection.publish(`genpool.${name}.tries.1`, 'nonsense')
    await until(async () => (await jobs.dead()).length === 1, 'it is listed')
    const [strange] = await jobs.dead()
    expect(strange).toMatchObject({ id: '', message: undefined, readable: false, code: 'ERR_GENPOOL_INVALID' })
    await expect(jobs.retry(strange!)).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await jobs.discard(strange!)).toBe(true)
    const consumer = await consume(jobs)
    await jobs.cast({ type: 'send', to: 'fail' }, { id: 'x' })
    await until(async () => (await jobs.dead()).length === 1, 'the cast died')
    expect((await jobs.dead())[0]).toMatchObject({ id: 'x', reason: 'no mailbox "fail"' })
    // Its first failure could not be kept, so the server has delivered it again.
    expect(consumer.inspect().left).toBe(1)
  })
})

describe('types', () => {
  it('a queue of a behaviour takes its messages, and no others', async () => {
    const jobs = await durable<typeof Mails>(connection, { name: `q${++queues}`, storage: 'memory' })
    await jobs.cast({ type: 'send', to: 'a' })
    // @ts-expect-error: there is no such message
    await jobs.cast({ type: 'sent', to: 'a' })
    // @ts-expect-error: it has no such field
    await jobs.cast({ type: 'send', whom: 'a' })
    // @ts-expect-error: an id is a text
    await expect(jobs.cast({ type: 'send', to: 'a' }, { id: 5 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    expect(await jobs.inspect()).toMatchObject({ waiting: 3 })
  })
})

describe('a consumer that stops', () => {
  it('aborts what still runs after its time, and others do that at once', async () => {
    const jobs = await open()
    const slow = await consume(jobs, { size: 1 })
    await jobs.cast({ type: 'send', to: 'slow', ms: 1000 }, { id: 's' })
    await until(() => slow.inspect().inHand === 1, 'it runs')
    await slow.stop({ within: 10 })
    expect(slow.inspect()).toMatchObject({ inHand: 0, again: 1, stopping: true })
    await consume(jobs)
    await until(() => deliveries.some(({ id, attempt }) => id === 's' && attempt === 2), 'another one does it')
    await until(async () => (await jobs.inspect()).inHand === 0, 'it is acknowledged')
  })

  it('ends an attempt that takes too long, which counts as failed', async () => {
    const jobs = await open({ maxDeliver: 2, backoff: { initial: 5 } })
    await consume(jobs, { timeout: 30 })
    await jobs.cast({ type: 'send', to: 'endless', ms: 500 })
    await until(async () => (await jobs.dead()).length === 1, 'it is dead')
    expect((await jobs.dead())[0]).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', attempts: 2 })
  })
})

describe('misuse', () => {
  it('is refused with what to do', async () => {
    await expect(durable(connection, { name: 'a b' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(durable({} as never, { name: 'ab' })).rejects.toThrow('connection given to durable')
    const jobs = await open()
    await expect(durable(connection, { name: jobs.name, lanes: 5 })).rejects.toThrow('"lanes" is fixed')
    await expect(durable(connection, { name: jobs.name, lanes: 4, ackWait: 900 })).rejects.toThrow('"ackWait" is fixed')
    await expect(jobs.cast({ type: 'send' }, { ids: 5 } as never)).rejects.toThrow('did you mean "id"')
    await expect(jobs.cast({ type: 'send' }, { id: 'a\nb' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(jobs.cast({ run: () => 5 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await expect(jobs.cast({ bytes: new Uint8Array(1_100_000) })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await expect(jobs.consume({} as never)).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    const wrong = (options: object, says: string) =>
      expect(durable(connection, { name: 'bounds', ...options })).rejects.toThrow(says)
    await wrong({ duplicates: 1e15 }, 'duplicates: expected milliseconds from 100 to 1000000000000')
    await wrong({ keepDead: 1 }, 'keepDead: expected milliseconds from 100 to 1000000000000 or Infinity, got 1')
    await wrong({ keepDead: 1e300 }, 'keepDead: expected milliseconds from 100 to 1000000000000 or Infinity')
    await wrong({ timeout: 1e10 }, 'timeout: expected milliseconds from 1 to 2147483647')
    await wrong({ name: 'x'.repeat(65) }, 'expected a name of 1 to 64 letters, digits, - and _')
    await expect(jobs.cast({ type: 'send' }, { delay: 1e15 })).rejects.toThrow('milliseconds from 0 to 1000000000000')
    await expect(jobs.cast({ type: 'send' }, { expires: 1e15 })).rejects.toThrow('> 0 and <= 10000000000000')
    await expect(jobs.cast({ type: 'send' }, { id: 'a\nb' })).rejects.toThrow('in one line')
    await expect(jobs.retry({} as never)).rejects.toThrow('expected a dead letter')
  })

  it('a server without JetStream is an error that says so', async () => {
    const plain = await connectTo(await startServer())
    await expect(durable(plain, { name: 'none' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      mayHaveRun: false,
      message: expect.stringContaining('JetStream') as string,
    })
  })
})

describe('a pool that consumes', () => {
  it('shows its consumers in inspect and explain: what waits at the server, is not acknowledged, and came again', async () => {
    const jobs = await open({ backoff: { initial: 60_000 } })
    const pool = spawnPool(system, Mails, `seen-${queues}`, { size: 2 })
    const consumer = await jobs.consume(pool as never)
    consumers.push(consumer)
    expect(explain(pool).calm).toBe(true)
    await Promise.all(
      ['a', 'b', 'c', 'fail'].map((to) => jobs.cast({ type: 'send', to, ms: to === 'fail' ? 0 : 3000 })),
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
    const jobs = await open()
    expect(await jobs.inspect()).toMatchObject({ oldestMs: 0 })
    await jobs.cast({ type: 'send', to: 'b' }, { delay: 600_000 })
    await sleep(500)
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, delayed: 1, oldestMs: 0 })
    const before = performance.now()
    await jobs.cast({ type: 'send', to: 'a' }, { key: 'k' })
    const { oldestMs: young } = await jobs.inspect()
    // The server's time is known to within one round trip.
    expect(young).toBeLessThan(performance.now() - before + 400)
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
