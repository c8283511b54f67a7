import { call, definePool, explain, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../quiet-system'

interface Get {
  readonly tenant?: string
  readonly host?: string
}

/** A pool whose calls each back off for 1000 ms, three times, and write down when they run. */
const asking = (options: PoolOptions, key?: (message: Get) => unknown) => {
  const began: string[] = []
  const from = clock.now()
  const note = ({ tenant = '-' }: Get): void => void began.push(`${tenant}@${Math.round((clock.now() - from) / 1e6)}`)
  const Asker = definePool({
    calls: {
      get: async (message: Get, _state, ctx) => {
        note(message)
        await Promise.resolve()
        if (ctx.attempt > 3) return reply('done')
        return ctx.backOff(1000, key === undefined ? { again: true } : { again: true, key: key(message) })
      },
      other: (message: Get) => {
        note(message)
        return reply('done')
      },
      together: {
        batch: 3,
        handle: async (messages: readonly Get[], _state, ctx) => {
          for (const message of messages) note(message)
          await Promise.resolve()
          if (ctx.attempt > 1) return reply(messages.map(() => 'done'))
          return ctx.backOff(1000, { again: true, ...(key !== undefined && { key: key(messages[0] as Get) }) })
        },
      },
    },
  })
  const pool = spawnPool(system, Asker, 'pool', { size: 1, clock, timeout: Infinity, ...options })
  const send = (type: string, message: Get = {}): Promise<unknown> => call(pool, { type, ...message } as never)
  return { pool, send, began }
}

describe('a message that runs again after a back-off', () => {
  const host = (): string => 'api.example.org'
  const limits = { by: 'tenant' }

  it.each<[string, PoolOptions, Get, ((message: Get) => unknown) | undefined]>([
    ['of another key of limits', { limits }, { tenant: 'acme' }, host],
    ['of a key, while it has none', { limits }, {}, host],
    ['of a key of the rate, while it has none', { rate: { limit: 9, interval: 10, by: 'tenant' } }, {}, host],
    ['of a key, with the rate of a key', { limits: { ...limits, rate: { limit: 1, interval: 1000 } } }, {}, host],
    ['of a key where no limit has keys', {}, {}, host],
    ['of its own key', { limits }, { tenant: 'acme' }, undefined],
    ['of all', { limits }, { tenant: 'acme' }, () => null],
    ['of two kinds of keys', { limits, rate: { limit: 9, interval: 10, by: 'host' } }, { host: 'h' }, host],
  ])('waits itself after one %s', async (_what, options, message, key) => {
    const { send, began } = asking(options, key)
    const answer = send('get', message)
    await clock.advance(3500)
    const name = message.tenant ?? '-'
    expect(began).toEqual([0, 1000, 2000, 3000].map((at) => `${name}@${at}`))
    await expect(answer).resolves.toBe('done')
  })

  it('lets others pass that have other keys, or none', async () => {
    const { pool, send, began } = asking({ limits }, host)
    const answers = [send('get'), send('other', { tenant: 'b' }), send('other')]
    await clock.advance(500)
    expect(began).toEqual(['-@0', 'b@0', '-@0'])
    expect(inspect(pool)).toMatchObject({ waiting: 1, backOff: { waiting: 1, all: false, keys: 2 } })
    expect(explain(pool).text).toMatch(/2 keys back off, .* for the longest time: .* 1 request waits/)
    await clock.advance(3000)
    await Promise.all(answers)
    expect(inspect(pool)).toMatchObject({ waiting: 0, limits: { keys: 0 } })
  })

  it('is not passed by others of its key', async () => {
    const { send, began } = asking({ limits, size: 2 }, host)
    const first = send('get', { tenant: 'acme' })
    await clock.settle()
    const others = [send('other', { tenant: 'acme' }), send('other', { tenant: 'b' })]
    await clock.advance(1000)
    expect(began.slice(0, 3)).toEqual(['acme@0', 'b@0', 'acme@1000'])
    await clock.advance(3000)
    await Promise.all([first, ...others])
  })

  it('waits with all of its batch', async () => {
    const { send, began } = asking({ limits }, host)
    const blocker = send('other')
    const answers = ['a', 'b', undefined].map((tenant) => send('together', tenant === undefined ? {} : { tenant }))
    await clock.advance(999)
    const before = began.length
    await clock.advance(1)
    await Promise.all([blocker, ...answers])
    expect([before, began.length]).toEqual([4, 7])
  })

  it('says what held it when it is given up', async () => {
    const { pool } = asking({ limits }, host)
    const late = call(pool, { type: 'get' } as never, { timeout: 500 }).catch((error: Error) => error.message)
    await clock.advance(600)
    expect(await late).toMatch(/waiting for its next run.*back/)
  })
})
