import { durable } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { Effects } from '../support/effects'
import { startJetStream } from '../support/jetstream'
import { KilledQueue } from '../support/killed-queue'
import { startNodes } from '../support/processes'
import { until } from '../support/until'

let queue: KilledQueue
beforeEach(() => (queue = new KilledQueue()))
afterEach(() => queue.end())

describe('a server that is killed again and again', () => {
  it('with casts in hand: each is done, and hardly anything stays in the stream', async () => {
    const jobs = await queue.begin()
    await queue.consume(jobs)
    let cast = 0
    for (let kill = 0; kill < 3; kill++) {
      await queue.castAll(jobs, cast, (cast += 100))
      await until(() => queue.done.size > cast - 60, 'some are done, and others in hand')
      await queue.restart()
    }
    await until(() => queue.done.size === cast, 'all are done')
    await until(() => queue.isCalm(jobs, 60), 'nothing is in hand, and few stay')
    expect(await jobs.inspect()).toMatchObject({ oldestMs: 0, trouble: null, waiting: 0 })
  })
})

describe('a server that is killed again and again, and three processes of which one is killed with it', () => {
  it('each cast is done, and only what nobody else saw before the end of the server stays', async () => {
    queue.server = await startJetStream()
    const connection = await queue.connected()
    queue.jsm = await jetstreamManager(connection as never)
    const effects = await new Effects(connection).open()
    const setup = { servers: [queue.server], name: 'q', size: 4, runMs: 5, ackWait: 1500 }
    const jobs = await durable(connection, {
      name: 'q',
      lanes: 4,
      ackWait: 1500,
      maxDeliver: 3,
      backoff: { initial: 20 },
    })
    const processes = await startNodes(3, setup, 'consumer-process.ts')
    let cast = 0
    for (let kill = 0; kill < 3; kill++) {
      await queue.castAll(jobs, cast, (cast += 200))
      await until(async () => (await effects.count('q')) > cast - 150, 'some are done, and others in hand')
      await Promise.all([queue.server.kill(), processes.shift()!.kill('SIGKILL')])
      await queue.server.start()
      processes.push(...(await startNodes(1, setup, 'consumer-process.ts')))
    }
    await until(async () => (await queue.asked(() => effects.count('q'))) === cast, 'all are done')
    const isOver = async (): Promise<boolean> => {
      const { waiting, inHand, leftovers } = await jobs.inspect()
      return waiting + inHand === 0 && leftovers === (await queue.state()).messages && leftovers < 40
    }
    await until(isOver, 'nothing waits, and what stays is counted')
    const numbers = (await effects.all('q')).map(Number)
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: cast }, (_, n) => n))
    expect(await jobs.dead()).toEqual([])
  })
})
