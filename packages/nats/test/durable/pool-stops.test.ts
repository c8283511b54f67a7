import { definePool, drain, inspect, noReply, type PoolRef, spawnPool } from '@genpool/core'
import { type ConsumeOptions, durable, type Durable, type JobOptions } from '@genpool/nats'
import { type Clock, systemClock } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

const done = new Set<number>()
let begun = 0
let open = (): void => undefined
let gate: Promise<void>
const Work = definePool({
  init: () => null,
  casts: {
    work: async ({ n }: { n: number }, _state, ctx) => {
      begun++
      await Promise.race([gate, new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))])
      if (ctx.signal.aborted) throw new Error('aborted')
      done.add(n)
      return noReply()
    },
  },
})

let server: NatsServer
let nc: NatsConnection
let system: ActorSystemRef
let made = 0

beforeAll(async () => {
  server = await startJetStream()
})
beforeEach(async () => {
  done.clear()
  begun = 0
  gate = new Promise((resolve) => (open = resolve))
  system = start()
  nc = await connectTo(server)
})
afterEach(async () => {
  open()
  stop(system)
  await nc.close()
})
afterAll(endJetStream)

const subscriptions = (): number =>
  (nc as unknown as { protocol: { subscriptions: { subs: Map<number, unknown> } } }).protocol.subscriptions.subs.size
const queue = (clock: Clock = systemClock): Promise<Durable> =>
  durable(nc, { name: `stops-${++made}`, storage: 'memory', lanes: 3, ackWait: 1000, backoff: { initial: 10 }, clock })
const pool = (name: string, size = 2): PoolRef => spawnPool(system, Work, `${name}-${made}`, { size }) as PoolRef

const casts: readonly JobOptions[] = [{}, {}, { key: 'a' }, { key: 'a' }, { key: 'b', delay: 20 }, { expires: 60_000 }]
const ways: readonly [string, ConsumeOptions][] = [
  ['without options', {}],
  ['with atMost', { atMost: 1 }],
  ['with a timeout', { timeout: 60_000 }],
]

describe.each(ways)('a consumer %s', (_, options) => {
  it('ends when its pool stops at work, and what it had is done elsewhere', async () => {
    const jobs = await queue()
    await Promise.all(casts.map((cast, n) => jobs.cast({ type: 'work', n }, cast)))
    const first = pool('first')
    const consumer = await jobs.consume(first, options)
    await until(() => begun > 0, 'it works')
    stop(first)
    expect(await consumer.stopped).toBeNull()
    await consumer.stop()
    expect(consumer.inspect()).toMatchObject({ inHand: 0, stopping: true, dead: 0 })
    expect(inspect(first).sources).toEqual([])
    open()
    const other = await jobs.consume(pool('other'), options)
    await until(() => done.size === casts.length, 'all are done')
    expect(await jobs.dead()).toEqual([])
    await other.stop()
    await until(() => subscriptions() <= 1, 'only the inbox for requests is left')
  })

  it('ends with a pool that drains, and acknowledges what that has finished', async () => {
    const jobs = await queue()
    await jobs.cast({ type: 'work', n: 1 })
    const first = pool('drains')
    const consumer = await jobs.consume(first, options)
    await until(() => begun === 1, 'it works')
    const drained = drain(first)
    await jobs.cast({ type: 'work', n: 2 }, { id: 'other' })
    open()
    await drained
    expect(await consumer.stopped).toBeNull()
    // The other one waits, or was given back.
    const left = async (): Promise<boolean> => {
      const { waiting, inHand } = await jobs.inspect()
      return waiting + inHand === 1
    }
    await until(left, 'it is acknowledged')
    expect([...done]).toEqual([1])
  })

  it('is refused by a pool that has stopped, or stops while the queue is looked at', async () => {
    const jobs = await queue()
    const gone = pool('gone')
    stop(gone)
    await expect(jobs.consume(gone, options)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    const going = pool('going')
    const consuming = jobs.consume(going, options)
    stop(going)
    await expect(consuming).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    await jobs.cast({ type: 'work', n: 1 })
    expect(await jobs.inspect()).toMatchObject({ waiting: 1, asking: 0 })
    await until(() => subscriptions() <= 1, 'nothing is left')
  })

  it('ends at once when its pool has stopped, also without a connection', async () => {
    const own = await startJetStream()
    const lost = await connectTo(own, { maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const jobs = await durable(lost, { name: 'lost', storage: 'memory', lanes: 1 })
    await jobs.cast({ type: 'work', n: 1 })
    const first = pool('lost')
    const consumer = await jobs.consume(first, options)
    await until(() => begun === 1, 'it works')
    await own.kill()
    await until(() => !consumer.inspect().connected, 'the connection is lost')
    const stoppedAt = performance.now()
    stop(first)
    expect(await consumer.stopped).toBeNull()
    // It does not wait until its casts are another one's.
    expect(performance.now() - stoppedAt).toBeLessThan(20_000)
    expect(consumer.inspect()).toMatchObject({ inHand: 0, left: 1 })
    await lost.close()
  })
})

/** The clock of the system, and the timers for which the process waits. */
function countedClock(): { readonly clock: Clock; readonly holding: Set<object> } {
  const holding = new Set<object>()
  const setTimer: Clock['setTimer'] = (at, fn, holds = true) => {
    const key = {}
    if (holds) holding.add(key)
    const timer = systemClock.setTimer(at, () => (holding.delete(key), fn()), holds)
    return { ...timer, cancel: () => (holding.delete(key), timer.cancel()) }
  }
  return { clock: { ...systemClock, setTimer }, holding }
}

describe('a consumer that is to stop within a minute', () => {
  it('does not keep its process when what it had is done', async () => {
    const { clock, holding } = countedClock()
    const jobs = await queue(clock)
    await jobs.cast({ type: 'work', n: 1 })
    const consumer = await jobs.consume(pool('minute'))
    await until(() => begun === 1, 'it works')
    const stopped = consumer.stop({ within: 60_000 })
    // By then nothing more can come, and it waits for what it has.
    for (let i = 0; i < 2; i++) await nc.flush()
    open()
    await stopped
    expect([...done]).toEqual([1])
    expect(holding.size).toBe(0)
  })
})
