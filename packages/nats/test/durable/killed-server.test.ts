import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type DurableOptions } from '@genpool/nats'
import { start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

/** Runs of a cast, each of which ends with the kill of its server and its consumer: "name attempt". */
async function runsOf(names: readonly string[], options: Partial<DurableOptions> & { name: string }, kills: number) {
  const runs: string[] = []
  let deadBefore = 0
  const Work = definePool({
    init: () => null,
    casts: {
      work: async ({ name }: { name: string }, _state, ctx) => {
        runs.push(`${name} ${ctx.delivery!.attempt}`)
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
        return noReply()
      },
    },
  })
  for (let i = 0; ; i++) {
    const connection = await connectTo(server, { reconnect: false })
    const jobs = await durable<typeof Work>(connection, { ackWait: 500, lanes: 2, ...options })
    if (i === 0) deadBefore = (await jobs.inspect()).dead
    if (i === 0) for (const name of names) await jobs.cast({ type: 'work', name }, { key: 'k' })
    const system = start()
    const before = runs.length
    const consumer = await jobs.consume(spawnPool(system, Work, 'work', { size: 1 }))
    const hasEnded = async () => runs.length > before || (await jobs.inspect()).dead > deadBefore
    await until(hasEnded, 'it is begun once more, or dead')
    if (i < kills && runs.length > before) await server.kill()
    else {
      await consumer.stop({ within: 0 })
      stop(system)
      return { runs, dead: await jobs.dead() }
    }
    await connection.close()
    await consumer.stopped
    stop(system)
    await server.start()
  }
}

describe('a server that is killed together with the consumer', () => {
  it('just after it delivered a cast: the number of the attempt grows, and the last one is the last', async () => {
    const { runs, dead } = await runsOf(['a'], { name: 'few', maxDeliver: 2 }, 5)
    // The first one counts only if the server knows of it.
    expect(runs.length).toBeGreaterThanOrEqual(2)
    expect(runs).toEqual(['a 1', 'a 2', 'a 3'].slice(0, runs.length))
    expect(dead).toMatchObject([{ attempts: runs.length, history: runs.map((_, i) => ({ attempt: i + 1 })) }])
  })

  it('costs a cast that has one attempt no more than one run that nobody has counted', async () => {
    const { runs, dead } = await runsOf(['a'], { name: 'one', maxDeliver: 1 }, 5)
    expect(runs.length).toBeLessThanOrEqual(2)
    expect(runs).toEqual(['a 1', 'a 2'].slice(0, runs.length))
    expect(dead).toMatchObject([{ attempts: runs.length }])
  })

  it('leaves casts alone that came after it', async () => {
    await server.kill()
    await server.start()
    expect((await runsOf(['a'], { name: 'few', maxDeliver: 3 }, 0)).runs).toEqual(['a 1'])
  })
})

describe('a server that is killed while the consumer lives on', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'takes no attempt from casts that wait, and none runs when it is dead: %s',
    async (how) => {
      const runs = new Map<string, number>()
      const Fail = definePool({
        casts: {
          fail: async (_: object, _state, ctx) => {
            await new Promise(setImmediate)
            runs.set(ctx.delivery!.id, (runs.get(ctx.delivery!.id) ?? 0) + 1)
            throw new Error('never')
          },
        },
      })
      const connection = await connectTo(server, { maxReconnectAttempts: -1, reconnectTimeWait: 20 })
      const name = `failing-${how}`
      const options = { name, lanes: 1, ackWait: 1000, maxDeliver: 2, backoff: { initial: 10 } }
      const jobs = await durable<typeof Fail>(connection, options)
      for (let n = 0; n < 80; n++) await jobs.cast({ type: 'fail' }, { id: `id-${n}` })
      const system = start()
      const consumer = await jobs.consume(spawnPool(system, Fail, 'fail', { size: 2 }))
      await until(() => runs.size > 20, 'some have begun')
      const begun = new Set(runs.keys())
      await server.kill(how)
      await server.start()
      await until(async () => (await jobs.inspect().catch(() => ({ dead: 0 }))).dead === 80, 'all are dead')
      const letters = await jobs.dead()
      const waited = letters.filter(({ id }) => !begun.has(id))
      expect(waited.map(({ id }) => `${id} ${runs.get(id)}`)).toEqual(waited.map(({ id }) => `${id} 2`))
      expect([...runs.values()].filter((times) => times > 2)).toEqual([])
      for (const { id, history } of waited) {
        const silent = history.filter(({ code }) => code === 'ERR_GENPOOL_UNREACHABLE').map(({ reason }) => reason)
        expect([id, silent.filter((reason) => !reason.includes('the server was restarted'))]).toEqual([id, []])
      }
      await consumer.stop({ within: 1000 })
      stop(system)
      await connection.close()
    },
  )

  it('brings casts again that are done, and none is run again there', async () => {
    const runs = new Map<number, number>()
    const Count = definePool({
      casts: {
        count: async ({ n }: { n: number }) => {
          await new Promise(setImmediate)
          runs.set(n, (runs.get(n) ?? 0) + 1)
          return noReply()
        },
      },
    })
    const connection = await connectTo(server, { maxReconnectAttempts: -1, reconnectTimeWait: 20 })
    const jobs = await durable<typeof Count>(connection, { name: 'living', ackWait: 500 })
    for (let n = 0; n < 300; n++) await jobs.cast({ type: 'count', n }, { key: `k${n % 10}` })
    const system = start()
    const consumer = await jobs.consume(spawnPool(system, Count, 'count', { size: 4 }))
    await until(() => runs.size > 130, 'some are done')
    const doneBefore = new Set(runs.keys())
    // What is in hand at the end may run again.
    await until(() => runs.size > 150, 'others are in hand')
    await server.kill()
    await server.start()
    await until(() => runs.size === 300, 'all are done')
    await until(async () => (await jobs.inspect()).waiting === 0, 'none waits')
    expect([...doneBefore].filter((n) => runs.get(n)! > 1)).toEqual([])
    await consumer.stop({ within: 1000 })
    stop(system)
    await connection.close()
  })

  it('does not begin a second time there what runs', async () => {
    const runs: string[] = []
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const Long = definePool({
      casts: {
        long: async (_: object, _state, ctx) => {
          runs.push(ctx.delivery!.id)
          if (ctx.delivery!.id !== 'marker') await released
          return noReply()
        },
      },
    })
    const connection = await connectTo(server, { maxReconnectAttempts: -1, reconnectTimeWait: 20 })
    const jobs = await durable<typeof Long>(connection, { name: 'long', lanes: 1, ackWait: 2000 })
    const system = start()
    const consumer = await jobs.consume(spawnPool(system, Long, 'long', { size: 8 }))
    for (const id of ['a', 'b', 'c']) await jobs.cast({ type: 'long' }, { id })
    await until(() => runs.length === 3, 'they run')
    await server.kill()
    await server.start()
    // What the server brings again comes before it.
    await jobs.cast({ type: 'long' }, { id: 'marker' })
    await until(() => runs.includes('marker'), 'it goes on')
    release()
    await until(async () => {
      const { waiting, inHand } = await jobs.inspect()
      return waiting + inHand === 0
    }, 'all are done')
    expect(runs.sort()).toEqual(['a', 'b', 'c', 'marker'])
    await consumer.stop()
    stop(system)
    await connection.close()
  })
})
