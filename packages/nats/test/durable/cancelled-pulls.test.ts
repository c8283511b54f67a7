import { jetstreamManager } from '@nats-io/jetstream'
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { definePool, noReply, onEvent, type PoolRef, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledPulls } from '../../src/durable/cancelled-pulls'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

describe('requests for casts that were cancelled', () => {
  const answers: (() => void)[] = []
  const refusals: (() => void)[] = []
  const make = () => {
    answers.length = refusals.length = 0
    const clock = virtualClock()
    const asked = () =>
      new Promise<void>((resolve, reject) => {
        answers.push(resolve)
        refusals.push(() => reject(new Error('nobody answers')))
      })
    return { clock, pulls: new CancelledPulls(clock, asked) }
  }
  const turns = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }

  it('are nothing to wait for if there are none', () => {
    const { pulls } = make()
    expect(pulls.forgotten()).toBeNull()
    expect(answers).toEqual([])
  })

  it('are forgotten before something is given back: with one question for all that wait', async () => {
    const { pulls } = make()
    pulls.add()
    const [first, second] = [pulls.forgotten(), pulls.forgotten()]
    expect(answers).toHaveLength(1)
    answers[0]!()
    await Promise.all([first, second])
    expect(pulls.forgotten()).toBeNull()
  })

  it('that are cancelled while the server is asked need another question', async () => {
    const { pulls } = make()
    pulls.add()
    let isForgotten = false
    void pulls.forgotten()!.then(() => (isForgotten = true))
    pulls.add()
    answers[0]!()
    await turns()
    expect([answers.length, isForgotten]).toEqual([2, false])
    answers[1]!()
    await turns()
    expect(isForgotten).toBe(true)
  })

  it('are no reason to wait for ever: a server that does not answer is not asked again', async () => {
    const { pulls } = make()
    pulls.add()
    const forgotten = pulls.forgotten()
    refusals[0]!()
    await forgotten
    expect(pulls.forgotten()).toBeNull()
  })

  it('are forgotten soon, also if nothing is given back, and the process does not wait for that', async () => {
    const { clock, pulls } = make()
    pulls.add()
    pulls.add()
    await clock.advance(99)
    expect(answers).toEqual([])
    await clock.advance(1)
    expect(answers).toHaveLength(1)
  })

  it('are left when the consumer has ended', async () => {
    const { clock, pulls } = make()
    pulls.add()
    pulls.end()
    await clock.advance(1000)
    expect(answers).toEqual([])
  })
})

describe('a server', () => {
  let nc: NatsConnection
  let system: ActorSystemRef
  beforeAll(async () => {
    nc = await connectTo(await startJetStream())
    system = start()
  })
  afterAll(async () => {
    stop(system)
    await nc.close()
    await endJetStream()
  })

  it('forgets requests that nobody hears when it is asked about its consumers', async () => {
    const jsm = await jetstreamManager(nc as never)
    await jsm.streams.add({ name: 'S', subjects: ['s'], retention: 'workqueue' })
    await jsm.consumers.add('S', { durable_name: 'c', ack_policy: 'explicit', max_deliver: -1, ack_wait: 600e9 })
    const came: Msg[] = []
    const ask = () => {
      const inbox = createInbox()
      const subscription = nc.subscribe(inbox, { callback: (_, message) => void (message.reply && came.push(message)) })
      nc.publish('$JS.API.CONSUMER.MSG.NEXT.S.c', JSON.stringify({ batch: 2, expires: 60e9 }), { reply: inbox })
      return subscription
    }
    const first = ask()
    await nc.request('s', 'x')
    await until(() => came.length === 1, 'it came')
    await first.drain()
    await jsm.consumers.list('S').next()
    came[0]!.respond('-NAK')
    ask()
    await until(() => came.length === 2, 'it came again')
    // $JS.ACK.<stream>.<consumer>.<deliveries>.<seq>…
    expect(came[1]!.reply!.split('.').slice(4, 6)).toEqual(['2', '1'])
  })

  it('brings a cast whose backoff ends while all members are busy when one is idle, and counts no attempt too many', async () => {
    const attempts: number[] = []
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    let busy = 0
    const Work = definePool({
      init: () => null,
      casts: {
        fails: async (_message: object, _state, ctx) => {
          // So long that no more is asked for than members are idle.
          await sleep(30)
          attempts.push(ctx.delivery!.attempt)
          if (attempts.length === 1) throw new Error('not yet')
          return noReply()
        },
        waits: async () => {
          busy++
          await gate
          return noReply()
        },
      },
    })
    const backoff = { initial: 3000 }
    const jobs = await durable(nc, { name: 'busy', storage: 'memory', lanes: 4, ackWait: 600_000, backoff })
    const pool = spawnPool(system, Work, 'busy', { size: 2, state: 'isolated' }) as PoolRef
    const consumer = await jobs.consume(pool)
    let againAt = Infinity
    const off = onEvent('genpool:delivery', ({ outcome, retryInMs }) => {
      if (outcome === 'again') againAt = performance.now() + retryInMs
    })
    await until(() => consumer.inspect().asked > 2, 'it has asked each lane')
    await jobs.cast({ type: 'fails' })
    await until(() => againAt < Infinity, 'it has failed')
    // Of two lanes of keys: of the other lane, its request is left at the server.
    for (const key of ['0', '1']) await jobs.cast({ type: 'waits' }, { key })
    await until(() => busy === 2, 'all members are busy')
    await until(() => consumer.inspect().asked === 0, 'all requests are cancelled')
    await until(() => performance.now() > againAt + 500, 'its time has come')
    open()
    await until(() => attempts.length === 2, 'it runs again')
    expect(attempts).toEqual([1, 2])
    await consumer.stop()
    off()
  })
})
