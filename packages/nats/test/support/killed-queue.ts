import { definePool, noReply, type PoolRef, spawnPool } from '@genpool/core'
import { type Consumer, durable, type Durable } from '@genpool/nats'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { endJetStream, folderOf, startJetStream } from './jetstream'
import { endNodes } from './processes'
import { connectTo, type NatsServer } from './server'
import { until } from './until'

/** A queue "q" whose server is killed, and what its handlers have done. */
export class KilledQueue {
  /** How many times the handlers have done each cast. */
  readonly done = new Map<number, number>()
  server!: NatsServer
  jsm!: JetStreamManager
  readonly #system = start()
  #open = (): void => undefined
  #gate: Promise<void> | null = null
  #pools = 0
  readonly #Work = definePool({
    casts: {
      work: async ({ n }: { n: number }, _state, ctx) => {
        await new Promise((resolve) => setTimeout(resolve, 2))
        if (this.#gate !== null)
          await Promise.race([this.#gate, new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))])
        if (ctx.signal.aborted) throw new Error('aborted')
        this.done.set(n, (this.done.get(n) ?? 0) + 1)
        return noReply()
      },
    },
  })

  /** Starts the server, and opens the queue. */
  async begin(config = '', user: NodeConnectionOptions = {}): Promise<Durable> {
    this.server = await startJetStream(config)
    const connection = await this.connected(user)
    this.jsm = await jetstreamManager(connection as never)
    return this.opened(connection)
  }

  connected(options: NodeConnectionOptions = {}): Promise<NatsConnection> {
    return connectTo(this.server, { maxReconnectAttempts: -1, reconnectTimeWait: 20, ...options })
  }

  opened(connection: NatsConnection): Promise<Durable> {
    return durable(connection, { name: 'q', lanes: 2, ackWait: 500, backoff: { initial: 10 }, maxDeliver: 100 })
  }

  /** From now on, handlers wait for `open`. */
  close(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve))
  }

  open(): void {
    this.#gate = null
    this.#open()
  }

  pool(size: number): PoolRef {
    return spawnPool(this.#system, this.#Work, `work-${this.#pools++}`, { size }) as PoolRef
  }

  consume(jobs: Durable, size = 4): Promise<Consumer> {
    return jobs.consume(this.pool(size) as never)
  }

  /** Every other cast has a key, unless `key` says otherwise. */
  async castAll(
    jobs: Durable,
    from: number,
    to: number,
    key = (n: number) => (n % 2 === 0 ? `k${n % 10}` : undefined),
  ): Promise<void> {
    for (let n = from; n < to; n++) {
      const own = key(n)
      await jobs.cast({ type: 'work', n }, own === undefined ? {} : { key: own })
    }
  }

  /** Asks again while the server starts. */
  async asked<T>(ask: () => Promise<T>): Promise<T> {
    let answer: T | undefined
    await until(async () => (answer = await ask().catch(() => undefined)) !== undefined, 'there is an answer', 20_000)
    return answer as T
  }

  async state(): Promise<Awaited<ReturnType<JetStreamManager['streams']['info']>>['state']> {
    return (await this.asked(() => this.jsm.streams.info('genpool_q_jobs'))).state
  }

  async isEmpty(): Promise<boolean> {
    return (await this.state()).messages === 0
  }

  /** Whether nothing is to be done, and what stays is counted and little: what no consumer has seen before its server ended. */
  async isCalm(jobs: Durable, most = 0): Promise<boolean> {
    const { waiting, inHand, delayed, leftovers } = await this.asked(() => jobs.inspect())
    return waiting + inHand + delayed === 0 && leftovers <= most && leftovers === (await this.state()).messages
  }

  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.server.kill(signal)
    await this.server.start()
  }

  /** Keeps the messages as they are now. Resolves with what brings them back, done or not, as a server that was killed may. */
  async kept(): Promise<() => Promise<void>> {
    const { server } = this
    const messages = join(folderOf(server), 'jetstream/$G/streams/genpool_q_jobs/msgs')
    const copy = join(folderOf(server), 'copy')
    await server.kill('SIGTERM')
    cpSync(messages, copy, { recursive: true })
    await server.start()
    return async () => {
      await server.kill('SIGTERM')
      rmSync(messages, { recursive: true })
      cpSync(copy, messages, { recursive: true })
      await server.start()
    }
  }

  /** What is in the queue is certainly from before the next start of the server: a consumer has seen it. */
  async look(jobs: Durable): Promise<void> {
    await (await this.consume(jobs, 1)).stop()
  }

  /** Resolves when a consumer has looked at the queue so often. */
  async looked(consumer: Consumer, times: number): Promise<void> {
    let looks = 0
    const connection = await this.connected()
    connection.subscribe('$JS.API.CONSUMER.LIST.genpool_q_jobs', { callback: () => void looks++ })
    // Who asks lets it look each second.
    await until(() => consumer.inspect().connected && looks >= times, `it has looked ${times} times`)
    await connection.close()
  }

  async end(): Promise<void> {
    this.open()
    stop(this.#system)
    await endNodes()
    await endJetStream()
  }
}

/** Lets a server say that nothing is there to this kind of question, until the function that it returns is called. */
export function hides(connection: NatsConnection, kind: string): () => void {
  const request = connection.request.bind(connection)
  const error = { code: 404, err_code: 10037, description: 'no message found' }
  connection.request = async (subject, ...rest) =>
    subject === `$JS.API.${kind}`
      ? ({ data: new TextEncoder().encode(JSON.stringify({ error })) } as never)
      : request(subject, ...rest)
  return () => (connection.request = request)
}
