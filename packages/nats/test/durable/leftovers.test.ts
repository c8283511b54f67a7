import { definePool, noReply, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effects } from '../support/effects'
import { endJetStream, folderOf, startJetStream } from '../support/jetstream'
import { endNodes, startNodes } from '../support/processes'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

/* What a server that was killed brings back, though it is done; and what looks alike, and is not done. */
const done = new Map<number, number>()
let open = (): void => undefined
let gate: Promise<void> | null = null
const Work = definePool({
  casts: {
    work: async ({ n }: { n: number }, _state, ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (gate !== null)
        await Promise.race([gate, new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))])
      if (ctx.signal.aborted) throw new Error('aborted')
      done.set(n, (done.get(n) ?? 0) + 1)
      return noReply()
    },
  },
})
const close = (): void => void (gate = new Promise((resolve) => (open = resolve)))

let server: NatsServer
let system: ActorSystemRef
let jsm: JetStreamManager

const connected = (options = {}): Promise<NatsConnection> =>
  connectTo(server, { maxReconnectAttempts: -1, reconnectTimeWait: 20, ...options })
const begin = async (config = '', user = {}): Promise<Durable> => {
  server = await startJetStream(config)
  const connection = await connected(user)
  jsm = await jetstreamManager(connection as never)
  return opened(connection)
}
const opened = (connection: NatsConnection): Promise<Durable> =>
  durable(connection, { name: 'q', lanes: 2, ackWait: 500, backoff: { initial: 10 }, maxDeliver: 100 })
beforeEach(() => {
  system = start()
  done.clear()
  gate = null
})
afterEach(async () => {
  open()
  stop(system)
  await endNodes()
  await endJetStream()
})

let pools = 0
const consume = (jobs: Durable, size = 4): Promise<Consumer> =>
  jobs.consume(spawnPool(system, Work, `work-${pools++}`, { size }) as never)
const castAll = async (
  jobs: Durable,
  from: number,
  to: number,
  key = (n: number) => (n % 2 === 0 ? `k${n % 10}` : undefined),
) => {
  for (let n = from; n < to; n++) {
    const own = key(n)
    await jobs.cast({ type: 'work', n }, own === undefined ? {} : { key: own })
  }
}
/** Asks again while the server starts. */
const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
  let answer: T | undefined
  await until(async () => (answer = await ask().catch(() => undefined)) !== undefined, 'there is an answer', 20_000)
  return answer as T
}
const state = async () => (await asked(() => jsm.streams.info('genpool_q_jobs'))).state
const isEmpty = async (): Promise<boolean> => (await state()).messages === 0
/** Whether nothing is to be done, and what stays is counted and little: what no consumer has seen before its server ended. */
const isCalm = async (jobs: Durable, most = 0): Promise<boolean> => {
  const { waiting, inHand, delayed, leftovers } = await asked(() => jobs.inspect())
  return waiting + inHand + delayed === 0 && leftovers <= most && leftovers === (await state()).messages
}
const restart = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  await server.kill(signal)
  await server.start()
}
const messagesOf = (of: NatsServer): string => join(folderOf(of), 'jetstream/$G/streams/genpool_q_jobs/msgs')
/** Keeps the messages as they are now. Resolves with what brings them back, done or not, as a server that was killed may. */
const kept = async (): Promise<() => Promise<void>> => {
  const copy = join(folderOf(server), 'copy')
  await server.kill('SIGTERM')
  cpSync(messagesOf(server), copy, { recursive: true })
  await server.start()
  return async () => {
    await server.kill('SIGTERM')
    rmSync(messagesOf(server), { recursive: true })
    cpSync(copy, messagesOf(server), { recursive: true })
    await server.start()
  }
}
/** Lets a server say that nothing is there to this kind of question, until the function that it returns is called. */
const hides = (connection: NatsConnection, kind: string): (() => void) => {
  const request = connection.request.bind(connection)
  const error = { code: 404, err_code: 10037, description: 'no message found' }
  connection.request = async (subject, ...rest) =>
    subject === `$JS.API.${kind}`
      ? ({ data: new TextEncoder().encode(JSON.stringify({ error })) } as never)
      : request(subject, ...rest)
  return () => (connection.request = request)
}
/** What is in the queue is certainly from before the next start of the server: a consumer has seen it. */
const look = async (jobs: Durable): Promise<void> => (await consume(jobs, 1)).stop()
/** Resolves when a consumer has looked at the queue so often. */
const looked = async (consumer: Consumer, times: number): Promise<void> => {
  let looks = 0
  const connection = await connected()
  connection.subscribe('$JS.API.CONSUMER.LIST.genpool_q_jobs', { callback: () => void looks++ })
  // Who asks lets it look each second.
  await until(() => consumer.inspect().connected && looks >= times, `it has looked ${times} times`)
  await connection.close()
}

describe('a server that is killed again and again', () => {
  it('with casts in hand: each is done, and hardly anything stays in the stream', async () => {
    const jobs = await begin()
    await consume(jobs)
    let cast = 0
    for (let kill = 0; kill < 3; kill++) {
      await castAll(jobs, cast, (cast += 100))
      await until(() => done.size > cast - 60, 'some are done, and others in hand')
      await restart()
    }
    await until(() => done.size === cast, 'all are done')
    await until(() => isCalm(jobs, 60), 'nothing is in hand, and few stay')
    expect(await jobs.inspect()).toMatchObject({ oldestMs: 0, trouble: null, waiting: 0 })
  })
})

describe('a server that is killed again and again, and three processes of which one is killed with it', () => {
  it('each cast is done, and only what nobody else saw before the end of the server stays', async () => {
    server = await startJetStream()
    const connection = await connected()
    jsm = await jetstreamManager(connection as never)
    const effects = await new Effects(connection).open()
    const setup = { servers: [server], name: 'q', size: 4, runMs: 5, ackWait: 1500 }
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
      await castAll(jobs, cast, (cast += 200))
      await until(async () => (await effects.count('q')) > cast - 150, 'some are done, and others in hand')
      await Promise.all([server.kill(), processes.shift()!.kill('SIGKILL')])
      await server.start()
      processes.push(...(await startNodes(1, setup, 'consumer-process.ts')))
    }
    await until(async () => (await asked(() => effects.count('q'))) === cast, 'all are done')
    const isOver = async (): Promise<boolean> => {
      const { waiting, inHand, leftovers } = await jobs.inspect()
      return waiting + inHand === 0 && leftovers === (await state()).messages && leftovers < 40
    }
    await until(isOver, 'nothing waits, and what stays is counted')
    const numbers = (await effects.all('q')).map(Number)
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: cast }, (_, n) => n))
    expect(await jobs.dead()).toEqual([])
  })
})

describe('casts that are done and come back', () => {
  it('do not count as old, do not fill the queue, and are deleted', async () => {
    const jobs = await begin()
    await castAll(jobs, 0, 400)
    await look(jobs)
    const bringBack = await kept()
    const before = done.size
    const consumer = await consume(jobs)
    await until(() => done.size > 200, 'half is done')
    await consumer.stop()
    await bringBack()
    const areCounted = async (): Promise<boolean> => {
      const { waiting, inHand, leftovers } = await asked(() => jobs.inspect())
      return waiting + inHand === 400 - done.size && leftovers === done.size - before
    }
    await until(areCounted, 'what is done and what is not are counted')
    // Nobody consumes: what takes the room is said.
    const { config } = await jsm.streams.info('genpool_q_jobs')
    await jsm.streams.update('genpool_q_jobs', { ...config, max_msgs: (await state()).messages })
    expect((await jobs.explain()).text).toContain('take room though nobody gets them')
    const refused = await jobs.cast({ type: 'work', n: 400 }).catch(String)
    expect(refused).toMatch(/The queue is full: \d+ waiting, .* \d+ that came back with a server that was killed/)
    const next = await consume(jobs)
    await until(() => done.size === 400, 'all are done')
    await until(() => isCalm(jobs, 60), 'few stay in the stream')
    expect(next.inspect().cleared).toBeGreaterThan(0)
    expect(await jobs.inspect()).toMatchObject({ oldestMs: 0 })
    await jobs.cast({ type: 'work', n: 400 })
    await until(() => done.size === 401, 'there is room')
  })

  it('with the end of all processes are deleted by the next one', async () => {
    let jobs = await begin()
    await castAll(jobs, 0, 300, () => undefined)
    await look(jobs)
    const bringBack = await kept()
    const consumer = await consume(jobs)
    await until(() => done.size > 200, 'most are done')
    await consumer.stop()
    await bringBack()
    jobs = await opened(await connected())
    const next = await consume(jobs)
    await until(() => done.size === 300, 'all are done')
    await until(() => isCalm(jobs, 60), 'few stay in the stream')
    expect(next.inspect().cleared).toBeGreaterThan(0)
  })

  it('and may not be deleted: the consumer says what to allow, and deletes them when it may', async () => {
    const users = (deny: string): string =>
      `authorization { users = [{ user: all, password: x }, { user: none, password: x, permissions: { publish: { deny: "${deny}" } } }] }`
    await begin(users('$JS.API.STREAM.MSG.DELETE.>'), { user: 'all', pass: 'x' })
    const connection = await connected({ user: 'none', pass: 'x' })
    const jobs = await opened(connection)
    await castAll(jobs, 0, 300, () => undefined)
    await look(jobs)
    const bringBack = await kept()
    const consumer = await consume(jobs)
    await until(() => done.size > 200, 'most are done')
    await bringBack()
    await until(() => done.size === 300, 'all are done')
    await until(() => consumer.inspect().trouble !== null, 'it says so')
    expect(consumer.inspect().trouble).toMatch(/cannot be deleted: .*MSG\.DELETE\.genpool_q_jobs/)
    expect((await jobs.explain()).text).toContain('take room')
    await until(async () => (await jobs.inspect()).inHand === 0, 'nothing is in hand')
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, oldestMs: 0 })
    // What is merely not certain at this moment may not be deleted either.
    const listens = hides(connection, 'STREAM.MSG.GET.genpool_q_jobs')
    const unsure = await jobs.inspect()
    listens()
    expect(unsure).toMatchObject({ leftovers: 0, trouble: expect.stringContaining('cannot be deleted') })
    await server.configure((config) => config.replace(users('$JS.API.STREAM.MSG.DELETE.>'), users('nothing')))
    await until(() => isCalm(jobs, 60), 'few stay in the stream')
    await until(() => consumer.inspect().trouble === null, 'the trouble is over')
  })
})

describe('what is not done is never deleted', () => {
  it('of what is in hand, waits, is held back, or waits for its next attempt, whenever the server is killed', async () => {
    const jobs = await begin()
    await castAll(jobs, 0, 200)
    const consumer = await consume(jobs)
    await until(() => done.size > 100, 'some are done')
    close()
    await castAll(jobs, 200, 240)
    await jobs.cast({ type: 'work', n: 240 }, { delay: 10_000 })
    const left = 241 - done.size
    for (let kill = 0; kill < 2; kill++) {
      await restart()
      await looked(consumer, 4)
    }
    // Those that ended while the gate closed are done, too.
    const { waiting, inHand, delayed } = await jobs.inspect()
    expect(waiting + inHand + delayed).toBeGreaterThanOrEqual(Math.min(left, 241 - done.size))
    gate = null
    open()
    await until(() => done.size === 241, 'all are done')
    await until(() => isCalm(jobs, 60), 'few stay in the stream')
    await consumer.stop()
  })

  it('of a server that has lost its place, and gives the same places again', async () => {
    const jobs = await begin()
    await castAll(jobs, 0, 5, () => undefined)
    close()
    const early = await consume(jobs, 5)
    await until(() => early.inspect().inHand === 5, 'they are in hand')
    await early.stop({ within: 0 })
    const bringBack = await kept()
    gate = null
    await castAll(jobs, 5, 10, () => undefined)
    const consumer = await consume(jobs)
    await until(() => done.size === 10, 'all are done')
    await until(isEmpty, 'the stream is empty')
    await consumer.stop()
    // What was not on the disk is gone, as with a machine that crashes.
    await bringBack()
    expect(await state()).toMatchObject({ messages: 5, last_seq: 5 })
    await castAll(jobs, 10, 13, () => undefined)
    for (let life = 0; life < 2; life++) {
      const next = await consume(jobs)
      await looked(next, 5)
      await next.stop()
      await restart('SIGTERM')
    }
    expect(await state()).toMatchObject({ messages: 3, first_seq: 6, last_seq: 8 })
    expect(await jobs.inspect()).toMatchObject({ leftovers: 3 })
  })

  it('of a stream that was purged while a cast was in hand', async () => {
    const jobs = await begin()
    close()
    await castAll(jobs, 0, 4, () => undefined)
    const connection = await connected()
    const first = await (await opened(connection)).consume(spawnPool(system, Work, 'lost', { size: 3 }) as never)
    await until(() => first.inspect().inHand === 3, 'three are in hand')
    await jsm.streams.purge('genpool_q_jobs', { filter: 'genpool.q.jobs.any', seq: 2 })
    // Its process ends, and the server has forgotten that it had something.
    await connection.close()
    await first.stopped
    gate = null
    for (let life = 0; life < 2; life++) {
      const next = await consume(jobs)
      await looked(next, 5)
      await next.stop()
      await restart('SIGTERM')
    }
    const left = (await state()).messages
    expect(left + done.size).toBe(3)
    expect(left).toBeGreaterThan(0)
    expect(await jobs.inspect()).toMatchObject({ leftovers: left })
  })
})
