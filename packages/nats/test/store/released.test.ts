import { natsStore, type NatsStore } from '@genpool/nats'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'

let server: NatsServer
let made = 0
beforeAll(async () => {
  server = await startJetStream()
})
afterAll(endJetStream)

/** Its leases do not end by themselves within a test. */
const machine = async (bucket: string): Promise<NatsStore> =>
  natsStore(await connectTo(server), { bucket, initial: 0, lease: 600_000, entry: 'store' })
const up = async (store: NatsStore): Promise<number> => store.cell<number>('x').update((n: number) => n + 1)

describe('a store that is destroyed while it holds cells', () => {
  it('gives them up: who waits elsewhere goes on at once', async () => {
    const bucket = `released-${made++}`
    const [holder, other] = [await machine(bucket), await machine(bucket)]
    const hold = await holder.cell<number>('x').hold()
    await holder.cell('y').hold()
    await hold.update((n) => n + 1)
    const [commit, taken] = [up(other), other.cell('y').hold()]
    holder.destroy()
    expect(await commit).toBe(2)
    ;(await taken).release()
  })

  it('also one that is just on its way', async () => {
    const bucket = `released-${made++}`
    const [holder, other] = [await machine(bucket), await machine(bucket)]
    const taking = Promise.resolve(holder.cell('x').hold()).catch((error: unknown) => error)
    await new Promise((resolve) => setImmediate(resolve))
    holder.destroy()
    expect(await taking).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(await up(other)).toBe(1)
  })

  it('waits for none that others hold', async () => {
    const bucket = `released-${made++}`
    const [holder, other] = [await machine(bucket), await machine(bucket)]
    const hold = await holder.cell<number>('x').hold()
    const taking = Promise.resolve(other.cell('x').hold()).catch((error: unknown) => error)
    other.destroy()
    expect(await taking).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(await hold.update((n) => n + 1)).toBe(1)
  })
})
