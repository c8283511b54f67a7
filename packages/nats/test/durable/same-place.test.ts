import { definePool, spawnPool } from '@genpool/core'
import { type Consumer, type DeadLetter, durable, type Durable } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

const Fails = definePool({
  casts: {
    work: () => {
      throw new Error('it fails')
    },
  },
})
let system: ActorSystemRef
let jobs: Durable
let consumer: Consumer
/** One that is gone with its stream, and the one that has its place now. */
let gone: DeadLetter
let now: DeadLetter
const letterOf = async (id: string): Promise<DeadLetter> => {
  await jobs.cast({ type: 'work' }, { id })
  const last = async (): Promise<DeadLetter | undefined> => (await jobs.dead()).at(-1)
  await until(async () => (await last())?.id === id, `${id} died`)
  return (await last())!
}

beforeEach(async () => {
  const server = await startJetStream()
  const connection = await connectTo(server)
  system = start()
  jobs = await durable(connection, { name: 'q', lanes: 2, maxDeliver: 1 })
  consumer = await jobs.consume(spawnPool(system, Fails, 'fails', { size: 1 }) as never)
  // Where a stream is made anew, it is tried at the first place whether it works.
  await letterOf('at the first place')
  gone = await letterOf('first')
  await (await jetstreamManager(connection as never)).streams.delete('genpool_q_dead')
  now = await letterOf('second')
  await consumer.stop()
})
afterEach(async () => {
  stop(system)
  await endJetStream()
})

describe('a dead letter at the place of one that is gone with its stream', () => {
  it('is left alone by whoever means the other one', async () => {
    expect(now.seq).toBe(gone.seq)
    expect(await jobs.discard(gone)).toBe(false)
    await expect(jobs.retry(gone)).rejects.toThrow('it is gone')
    expect(await jobs.dead()).toEqual([now])
  })

  it('is meant by its place alone, by what dead() returns, and by that as JSON', async () => {
    expect(await jobs.retry(now)).toMatchObject({ duplicate: false })
    expect(await jobs.dead()).toEqual([])
    const again = async (): Promise<DeadLetter> => {
      consumer = await jobs.consume(spawnPool(system, Fails, `fails-${n++}`, { size: 1 }) as never)
      await until(async () => (await jobs.dead()).length === 1, 'it died again')
      await consumer.stop()
      return (await jobs.dead())[0]!
    }
    let n = 0
    expect(await jobs.discard(JSON.parse(JSON.stringify(await again())) as DeadLetter)).toBe(true)
    await jobs.cast({ type: 'work' }, { id: 'third' })
    const { seq } = await again()
    expect(await jobs.discard({ seq })).toBe(true)
  })
})
