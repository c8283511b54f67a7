import { natsStore, type NatsStore } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
let made = 0
beforeAll(async () => {
  server = await startJetStream()
})
afterEach(() => server.signal('SIGCONT'))
afterAll(endJetStream)

/** Its leases do not end by themselves within a test. */
const machine = async (bucket: string, timeout = 30_000): Promise<NatsStore> =>
  natsStore(await connectTo(server), { bucket, initial: 0, lease: 600_000, timeout })
const up = async (store: NatsStore): Promise<number> => store.cell<number>('x').update((n: number) => n + 1)
const failureOf = (work: unknown): Promise<unknown> => Promise.resolve(work).catch((error: unknown) => error)

/** Stops the server. The signal takes effect a little later: it is stopped when it answers no more. */
async function freeze(): Promise<void> {
  const connection = await connectTo(server)
  const silent = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(true), 100))
  server.signal('SIGSTOP')
  while (!(await Promise.race([connection.flush().then(() => false), silent()])));
}

/** Two stores that both know the cell, and a function that resolves when the server goes on and has stored what was sent to it. */
async function two(timeout: number): Promise<[NatsStore, NatsStore, () => Promise<void>]> {
  const bucket = `left-behind-${made++}`
  const [holder, other] = [await machine(bucket, timeout), await machine(bucket)]
  for (const store of [holder, other]) await up(store)
  const manager = await jetstreamManager(await connectTo(server))
  const revision = async (): Promise<number> => (await manager.streams.info(`KV_${bucket}`)).state.last_seq
  const before = await revision()
  const goOn = async (): Promise<void> => {
    server.signal('SIGCONT')
    await until(async () => (await revision()) !== before, 'the lease is written')
    await other.fresh('x')
  }
  return [holder, other, goOn]
}

describe('a lease that was written although its hold had failed', () => {
  it('is given back when the server answers again', async () => {
    const [holder, other, goOn] = await two(2000)
    await freeze()
    expect(await failureOf(holder.cell('x').hold())).toMatchObject({
      code: 'ERR_GENPOOL_NOT_COMMITTED',
      mayBeCommitted: false,
      commits: 0,
      message: expect.stringMatching(/^A hold of cell "x" was not taken: .* Nothing was committed/) as string,
    })
    await goOn()
    expect(await up(other)).toBe(3)
  })

  it('does not end the hold that is taken after it', async () => {
    const [holder, other, goOn] = await two(2000)
    await freeze()
    expect(await failureOf(holder.cell('x').hold())).toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED' })
    const again = Promise.resolve(holder.cell<number>('x').hold())
    again.catch(() => undefined)
    await goOn()
    const hold = await again.catch(() => holder.cell<number>('x').hold())
    expect(await hold.update((n) => n + 1)).toBe(3)
    await hold.release()
    expect(await up(other)).toBe(4)
  })

  it('is given back if the store is destroyed meanwhile', async () => {
    const [holder, other, goOn] = await two(2000)
    await freeze()
    const taking = failureOf(holder.cell('x').hold())
    await new Promise((resolve) => setImmediate(resolve))
    holder.destroy()
    await taking
    await goOn()
    expect(await up(other)).toBe(3)
  })

  it('is given back if the store is destroyed after it', async () => {
    const [holder, other, goOn] = await two(2000)
    await freeze()
    expect(await failureOf(holder.cell('x').hold())).toMatchObject({ code: 'ERR_GENPOOL_NOT_COMMITTED' })
    holder.destroy()
    await goOn()
    expect(await up(other)).toBe(3)
  })

  it('is given back if a hold is released while the server is silent', async () => {
    const [holder, other, goOn] = await two(2000)
    const hold = await holder.cell('x').hold()
    await freeze()
    await hold.release()
    await goOn()
    expect(await up(other)).toBe(3)
  })
})
