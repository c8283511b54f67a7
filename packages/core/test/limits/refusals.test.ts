import { spawnBroker } from '@genpool/broker'
import { call, configure, definePool, explain, inspect, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

interface Ask {
  readonly tokens?: number
  readonly user?: { readonly id?: string }
}
const Model = definePool({ calls: { ask: ({ tokens }: Ask) => reply(tokens) } })
const limits = { by: (message: unknown) => (message as { user: { id: string } }).user.id }
const rate = { limit: 10, interval: 1000, cost: 'tokens' }

const refused = async (pool: Parameters<typeof call>[0], message: Ask): Promise<Error> =>
  call(pool, { type: 'ask', ...message } as never).then(
    () => new Error('accepted'),
    (error: Error) => error,
  )

describe('options of a rate that are taken back', () => {
  it.each<[string, object, object]>([
    ['burst', { limit: 2, interval: 60_000, burst: 1 }, { burst: 2 }],
    ['cost', { limit: 2, interval: 60_000, cost: () => 2 }, { cost: () => 1, limit: 3 }],
  ])('keep what began before: %s', async (_, before, after) => {
    const pool = spawnPool(system, Model, 'model', { rate: before as never })
    const calls = [1, 2, 3].map((tokens) => call(pool, { type: 'ask', tokens }, { timeout: Infinity }))
    expect(await calls[0]).toBe(1)
    configure(pool, { rate: after as never })
    // The first one still counts: there is room for one more, and not for two.
    expect(await calls[1]).toBe(2)
    expect(inspect(pool).rate).toMatchObject({ waiting: 1 })
    void calls[2]?.catch(() => undefined)
  })
})

describe('what limits refuse', () => {
  it.each<[string, Ask, string]>([
    ['too great a cost', { tokens: 11, user: {} }, 'it costs 11'],
    ['a broken cost', { tokens: 1.5, user: {} }, 'got 1.5'],
    ['a cost that is no number', { tokens: null as never, user: {} }, 'got null'],
    ['a key that cannot be read', { tokens: 1 }, 'the function "by" threw'],
  ])('names the pool and the message: %s', async (_, message, says) => {
    const pools = [
      spawnPool(system, Model, 'model', { rate, limits }),
      spawnPool(system, Model, 'shared', { broker: spawnBroker(system, { rate, limits }) }),
    ]
    for (const pool of pools) {
      const error = await refused(pool as never, message)
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      expect(error.message).toContain(`A message "ask" to pool "${pool === pools[0] ? 'model' : 'shared'}" was refused`)
      expect(error.message).toContain(says)
    }
  })

  it('while it waits, is dropped, and explain says what helps', async () => {
    const pool = spawnPool(system, Model, 'model', { rate })
    const calls = [10, 8].map((tokens) => refused(pool as never, { tokens }))
    configure(pool, { rate: { limit: 5 } })
    const [, error] = await Promise.all(calls)
    expect(error).toMatchObject({ reason: 'rate' })
    expect(error?.message).toContain(
      'the limits have changed while it waited: it costs 8, and no more than 5 may ever begin',
    )
    const { advice, option, says } = explain(pool).findings.find(({ finding }) => finding === 'drops') ?? {}
    expect(says).toContain('the limits have changed while they waited; the last one: it costs 8, and no more than 5')
    expect(advice).toContain('Raise "limit" and "burst"')
    expect(option).toBe('rate')
  })
})
