import { durable } from '@genpool/nats'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'

afterAll(endJetStream)

describe('a server that is restarted', () => {
  it('is asked again at once: each function of a queue works while it is away, and right after it is back', async () => {
    const server = await startJetStream()
    const connection = await connectTo(server, { reconnectTimeWait: 100, maxReconnectAttempts: -1 })
    // A server that restarts on a slow machine is not away for too long.
    const jobs = await durable(connection, { name: 'restarted', timeout: 60_000 })
    const { seq } = await jobs.cast({ type: 'a' })
    expect(seq).toBe(1)
    const ask: Record<string, () => Promise<unknown>> = {
      inspect: async () => (await jobs.inspect()).waiting,
      explain: async () => (await jobs.explain()).text.length > 0,
      dead: () => jobs.dead(),
      discard: () => jobs.discard({ seq: 1 }),
      cast: async () => (await jobs.cast({ type: 'b' }, { id: 'b' })).seq,
      durable: async () => (await durable(connection, { name: 'restarted', timeout: 60_000 })).name,
    }
    const outcomes = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries(await Promise.all(Object.entries(ask).map(async ([name, f]) => [name, await f()] as const)))
    const expected = { explain: true, dead: [], discard: false, cast: 2, durable: 'restarted' }
    await server.kill()
    const whileAway = outcomes()
    await server.start()
    expect(await whileAway).toMatchObject(expected)
    const inFlight = outcomes()
    await server.kill('SIGTERM')
    await server.start()
    expect(await inFlight).toMatchObject(expected)
    expect(await jobs.inspect()).toMatchObject({ waiting: 2 })
    await connection.close()
  })
})
