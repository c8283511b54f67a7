import { natsStore, type NatsStoreOptions } from '@genpool/nats'
import { z } from 'zod'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo, type NatsServer } from '../support/server'
import { until } from '../support/until'

let server: NatsServer
let made = 0
const rejections: unknown[] = []
const rejected = (error: unknown): void => void rejections.push(error)

beforeAll(async () => {
  server = await startJetStream()
  process.on('unhandledRejection', rejected)
})
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve))
  expect(rejections).toEqual([])
})
afterAll(async () => {
  process.off('unhandledRejection', rejected)
  await endJetStream()
})

const machine = async (bucket: string, options: Partial<NatsStoreOptions> = {}) =>
  natsStore(await connectTo(server), { bucket, storage: 'memory', ...options })

const isAsked = { now: false }
/** Validators that are no use, since they answer later or not at all. The first value is let in. */
const useless: readonly [string, unknown][] = [
  ['never answers', () => (isAsked.now ? new Promise(() => undefined) : true)],
  ['throws later', () => (isAsked.now ? Promise.reject(new Error('later')) : true)],
  [
    'is a schema that answers later',
    { safeParse: () => (isAsked.now ? Promise.reject(new Error('later')) : { success: true }) },
  ],
  [
    'is a zod schema with an asynchronous refinement',
    z.any().refine(() => (isAsked.now ? Promise.resolve(true) : true)),
  ],
]

describe.each(useless)('a validator of a store that %s', (_, validate) => {
  beforeEach(() => (isAsked.now = false))

  it('refuses commits at once and says why, here; it changes nothing', async () => {
    const store = await machine(`v-${made++}`, { validate: validate as never, initial: 0 })
    const cell = store.cell<number>('x')
    await cell.update((n) => n + 1)
    isAsked.now = true
    for (const commit of [() => cell.update((n) => n + 1), () => store.put('x', 5), () => cell.compareAndSet(1, 7)]) {
      const error = commit()
      await expect(error).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      await expect(error).rejects.toThrow(/its validator failed: .*(synchronous|Promise)/)
    }
    await expect(store.transaction(['x'], () => undefined)).resolves.toEqual({ x: 1 })
    expect([cell.value, cell.version]).toEqual([1, 1])
    isAsked.now = false
    expect(await cell.update((n) => n + 1)).toBe(2)
  })

  it('does not let in what another machine has committed, and takes it when it works again', async () => {
    const bucket = `v-${made++}`
    const [other, store] = [
      await machine(bucket, { initial: 0 }),
      await machine(bucket, { validate: validate as never, initial: 0 }),
    ]
    await other.cell<number>('x').update((n) => n + 1)
    await until(() => store.get('x') === 1, 'it has arrived')
    isAsked.now = true
    await other.cell<number>('x').update((n) => n + 1)
    await expect(store.fresh('x')).rejects.toThrow('has a value that "validate" refuses here')
    expect(store.get('x')).toBe(1)
    isAsked.now = false
    expect(await store.fresh('x')).toBe(2)
  })
})
