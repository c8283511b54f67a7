import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* One that may send dead letters again, and cannot delete them: as if its process ended between the two. */
const NO_DELETE = `{ user: nodelete, password: x, permissions: { publish: { allow: ">", deny: "$JS.API.STREAM.MSG.DELETE.>" } } }`

let server: NatsServer
let system: ActorSystemRef
let jobs: Durable
let deaf: Durable
const runs: number[] = []
let isBad = true
const Work = definePool({
  casts: {
    work: (_message: object, _state, ctx) => {
      if (isBad) throw new Error('not now')
      runs.push(ctx.delivery!.seq)
      return noReply()
    },
  },
})
const as = (user: string): Promise<NatsConnection> => connectTo(server, { user, pass: 'x' })
const consume = (name: string) => jobs.consume(spawnPool(system, Work, name, { size: 2 }) as never)
const isOver = async (): Promise<boolean> => {
  const { waiting, inHand } = await jobs.inspect()
  return waiting + inHand === 0
}
/** A dead letter, and nobody who consumes. */
const letterOf = async (key?: string) => {
  const consumer = await consume('first')
  await jobs.cast({ type: 'work' }, { id: 'a', ...(key === undefined ? {} : { key }) })
  await until(async () => (await jobs.dead()).length === 1, 'it is dead')
  await consumer.stop()
  isBad = false
  const [letter] = await jobs.dead()
  return letter!
}
const sendAgain = async (letter: { readonly seq: number }): Promise<void> => {
  await expect(deaf.retry(letter)).rejects.toMatchObject({ mayHaveRun: true })
  expect(await jobs.dead()).toHaveLength(1)
}

beforeEach(async () => {
  server = await startJetStream(`authorization { users = [{ user: all, password: x }\n${NO_DELETE}] }`)
  system = start()
  runs.length = 0
  isBad = true
  const options = { name: 'q', lanes: 2, maxDeliver: 1, timeout: 300 }
  jobs = await durable(await as('all'), options)
  deaf = await durable(await as('nodelete'), options)
})
afterEach(async () => {
  stop(system)
  await endJetStream()
})

describe.each([undefined, 'k'])(
  'a dead letter that is sent again, and not deleted by who has sent it (key: %s)',
  (key) => {
    it('is deleted by who begins its cast, so nobody sends it a second time', async () => {
      const letter = await letterOf(key)
      await sendAgain(letter)
      const consumer = await consume('second')
      await until(() => consumer.inspect().done === 1, 'it is done')
      expect(await jobs.dead()).toEqual([])
      await expect(jobs.retry(letter)).rejects.toThrow('somebody has sent it again')
      await until(isOver, 'nothing is left')
      expect(runs).toHaveLength(1)
      await consumer.stop()
    })

    it('and then sent once more before its cast begins, runs once, however late that is', async () => {
      const letter = await letterOf(key)
      const { streams } = await jetstreamManager((await as('all')) as never)
      const { config } = await streams.info('genpool_q_jobs')
      // Nothing is a duplicate to the server.
      await streams.update(config.name, { ...config, duplicate_window: 100_000_000 })
      await sendAgain(letter)
      await until(async () => {
        await sendAgain(letter)
        return (await jobs.inspect()).waiting > 1
      }, 'it is stored twice')
      const consumer = await consume('second')
      await until(isOver, 'nothing is left')
      expect(runs).toHaveLength(1)
      expect(consumer.inspect()).toMatchObject({ done: 1, copies: 1 })
      expect(await jobs.dead()).toEqual([])
      await consumer.stop()
    })

    it('and dies again, has a new letter, which can be sent again', async () => {
      const letter = await letterOf(key)
      isBad = true
      await sendAgain(letter)
      const consumer = await consume('second')
      await until(() => consumer.inspect().dead === 1, 'it is dead again')
      const [next, ...rest] = await jobs.dead()
      expect(rest).toEqual([])
      expect(next).toMatchObject({ id: 'a', attempts: 1 })
      expect(next!.seq).toBeGreaterThan(letter.seq)
      isBad = false
      await jobs.retry(next!)
      await until(() => consumer.inspect().done === 1, 'it is done')
      expect(await jobs.dead()).toEqual([])
      await consumer.stop()
    })
  },
)
