import { durable } from '@genpool/nats'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { endJetStream, startJetStream, startJetStreamCluster } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

afterEach(endJetStream)

const configOf = async (jsm: JetStreamManager, which: string) => (await jsm.streams.info(`genpool_q_${which}`)).config
const managerOf = (connection: NatsConnection) => jetstreamManager(connection as never)

describe('a queue that is there', () => {
  it('is changed to what is asked for, and left alone where nothing is', async () => {
    const connection = await connectTo(await startJetStream())
    const jsm = await managerOf(connection)
    await durable(connection, { name: 'q' })
    expect(await configOf(jsm, 'jobs')).toMatchObject({ duplicate_window: 120e9, num_replicas: 1, storage: 'file' })
    await durable(connection, { name: 'q', duplicates: 60_000, keepDead: 5000 })
    expect(await configOf(jsm, 'jobs')).toMatchObject({ duplicate_window: 60e9 })
    expect(await configOf(jsm, 'dead')).toMatchObject({ max_age: 5e9 })
    const again = await durable(connection, { name: 'q' })
    await again.cast({ type: 'x' })
    expect(await configOf(jsm, 'jobs')).toMatchObject({ duplicate_window: 60e9 })
    expect(await configOf(jsm, 'dead')).toMatchObject({ max_age: 5e9 })
    await durable(connection, { name: 'q', keepDead: Infinity })
    expect(await configOf(jsm, 'dead')).toMatchObject({ max_age: 0 })
    expect(await again.inspect()).toMatchObject({ waiting: 1 })
  })

  it('refuses what cannot be changed, and says what is there', async () => {
    const connection = await connectTo(await startJetStream())
    await durable(connection, { name: 'q', storage: 'memory' })
    await durable(connection, { name: 'q' })
    await durable(connection, { name: 'other', storage: 'memory', lanes: 2, ackWait: 500 })
    await expect(durable(connection, { name: 'other', ackWait: 500 })).rejects.toThrow(
      'its "lanes" is fixed, the queue was made with 2, and this is 16, the default',
    )
    await expect(durable(connection, { name: 'other', lanes: 2, ackWait: 600 })).rejects.toThrow(
      'the queue was made with 500, and this is 600. Give it the same',
    )
    await expect(durable(connection, { name: 'q', storage: 'file' })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringMatching(/"storage" is fixed, the queue was made with memory, and this is file/) as string,
    })
  })

  it.each([
    [{ duplicates: 4000 }, 4000, 5000],
    [{ duplicates: 1000, timeout: 1001 }, 1000, 1001],
  ])('is not opened with ids that are forgotten while a cast is sent again: %j', async (options, window, timeout) => {
    const connection = await connectTo(await startJetStream())
    const jsm = await managerOf(connection)
    const refused = { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining(`"timeout" (${timeout}`) as string }
    await expect(durable(connection, { name: 'q', ...options })).rejects.toMatchObject(refused)
    await expect(configOf(jsm, 'jobs')).rejects.toThrow('stream not found')
    // Another process has made it so.
    const shorter = { ...options, timeout: window }
    await durable(connection, { name: 'q', ...shorter })
    await expect(durable(connection, { name: 'q', timeout })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringMatching(new RegExp(`knows ids for ${window} ms.*"timeout" is ${timeout}`)) as string,
    })
    await durable(connection, { name: 'q', timeout, duplicates: timeout })
    expect(await configOf(jsm, 'jobs')).toMatchObject({ duplicate_window: timeout * 1e6 })
  })

  it('and is made with a long timeout knows ids for as long', async () => {
    const connection = await connectTo(await startJetStream())
    await durable(connection, { name: 'q', timeout: 300_000 })
    expect(await configOf(await managerOf(connection), 'jobs')).toMatchObject({ duplicate_window: 300e9 })
  })

  it('of another prefix and name is not used, though its streams have the same names', async () => {
    const connection = await connectTo(await startJetStream())
    const jobs = await durable(connection, { prefix: 'p', name: 'x_y', storage: 'memory' })
    const other = { prefix: 'p_x', name: 'y', storage: 'memory' } as const
    await expect(durable(connection, other)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining(
        'its "name" is fixed, the queue was made with the prefix "p" and the name "x_y", and this is the prefix "p_x" and the name "y"',
      ) as string,
    })
    await jobs.cast({ type: 'a' })
    expect(await jobs.inspect()).toMatchObject({ waiting: 1, trouble: null })
    await durable(connection, { ...other, prefix: 'p_xx' })
  })

  it('of a server alone refuses replicas as a new one does: the server would take them, and lose all at its next start', async () => {
    const server = await startJetStream()
    const connection = await connectTo(server, { reconnectTimeWait: 50, maxReconnectAttempts: -1 })
    const jsm = await managerOf(connection)
    const refusedFor = (name: string): Promise<unknown> =>
      durable(connection, { name, replicas: 3 }).catch((error: unknown) => error)
    const jobs = await durable(connection, { name: 'q' })
    await jobs.cast({ type: 'x' })
    const refused = { code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false, cause: { code: 10074 } }
    expect(await refusedFor('new')).toMatchObject(refused)
    const error = await refusedFor('q')
    expect(error).toMatchObject(refused)
    expect(String(error)).toMatch(/"genpool_q_jobs" cannot be changed: num_replicas from 1 to 3.* a server alone/)
    for (const which of ['jobs', 'tries', 'dead']) {
      expect(await configOf(jsm, which)).toMatchObject({ num_replicas: 1 })
    }
    await server.kill()
    await server.start()
    const isThere = (): Promise<boolean> =>
      jobs.inspect().then(
        ({ waiting }) => waiting === 1,
        () => false,
      )
    await until(isThere, 'the cast is there after the restart')
  })

  it('of a cluster gets the replicas that are asked for', async () => {
    const connection = await connectTo(await startJetStreamCluster())
    let jsm: JetStreamManager | null = null
    await until(async () => (jsm = await managerOf(connection).catch(() => null)) !== null, 'there is a leader')
    await until(
      () =>
        durable(connection, { name: 'q' }).then(
          () => true,
          () => false,
        ),
      'it is made',
    )
    await durable(connection, { name: 'q', replicas: 3 })
    for (const which of ['jobs', 'tries', 'dead']) {
      expect(await configOf(jsm!, which)).toMatchObject({ num_replicas: 3 })
    }
    const jobs = await durable(connection, { name: 'q' })
    await jobs.cast({ type: 'x' })
    expect(await configOf(jsm!, 'jobs')).toMatchObject({ num_replicas: 3 })
  })
})
