import { length, spawnBroker } from '@genpool/broker'
import {
  call,
  cast,
  configure,
  definePool,
  drain,
  inspect,
  noReply,
  pause,
  reply,
  resume,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { stop } from 'nact'
import { z } from 'zod'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- one helper for pools with all kinds of options */
/** What a function of the user's does to its own pool, once. */
let act: () => void
const once = <T>(value: T): T => {
  const now = act
  act = () => undefined
  now()
  return value
}
beforeEach(() => {
  act = () => undefined
})

/** The functions that a pool calls while a request comes in, waits or goes out. */
const places: Record<string, object> = {
  'by of limits': { limits: { by: () => once('k'), concurrency: 1 } },
  'by of a rate': { rate: { by: () => once('k'), limit: 100 } },
  'cost of a rate': { rate: { cost: () => once(1), limit: 100 } },
  'cost of a rate of limits': { limits: { by: () => 'k', rate: { limit: 100, cost: () => once(1) } } },
  'by of a fair queue': { broker: { client: { type: 'fair', by: () => once('k') } } },
  'a schema': {},
  'a validator of the state': { state: { validate: () => once(true) } },
  random: { random: () => once(0.5) },
}

function pool(options: object, handle: () => unknown = () => undefined): any {
  const Worker = definePool({
    init: () => ({ n: 0 }),
    calls: {
      go: async () => {
        await handle()
        return reply('done', (draft: any) => void (draft.n += 1))
      },
      checked: { schema: z.looseObject({}).refine(() => once(true)), handle: () => reply('done') },
    } as any,
    casts: { go: async () => void (await handle()) } as any,
  } as any)
  return spawnPool(system, Worker as any, 'pool', { size: 1, clock, timeout: 10_000, ...options }) as any
}

const outcome = (promise: Promise<any>): Promise<unknown> => promise.catch((error) => error.code)

describe.each(Object.entries(places))('a pool that is stopped by %s', (place, options) => {
  const type = place === 'a schema' ? 'checked' : 'go'

  it.each(['idle', 'busy'])('fails each of its calls as stopped, at once: %s', async (load) => {
    const stopped = pool(options, load === 'busy' ? () => clock.wait(100) : undefined)
    await clock.settle()
    const before =
      load === 'busy' ? [outcome(call(stopped, { type: 'go' })), outcome(call(stopped, { type: 'go' }))] : []
    await clock.settle()
    let acted = false
    act = () => {
      acted = true
      stop(stopped)
    }
    const asked = outcome(call(stopped, { type }))
    await clock.advance(1000)
    const all = Promise.all([...before, asked])
    if (acted) expect(new Set(await all)).toEqual(new Set(['ERR_GENPOOL_STOPPED']))
    else expect(new Set(await all)).toEqual(new Set(['done']))
    expect(inspect(stopped)).toMatchObject({ waiting: 0, outcomes: { expired: 0 } })
  })

  it('loses a cast as stopped, and says so', async () => {
    const stopped = pool(options)
    await clock.settle()
    const lost: any[] = []
    watchDeadLetters(stopped, ({ message, error }: any) => void lost.push(error.code, message))
    let acted = false
    act = () => {
      acted = true
      stop(stopped)
    }
    cast(stopped, { type: 'go' })
    await clock.advance(20_000)
    expect(lost).toEqual(acted && place !== 'a validator of the state' ? ['ERR_GENPOOL_STOPPED', { type: 'go' }] : [])
  })

  it('finishes or fails it as stopped where it drains the pool, and the drain ends', async () => {
    const drained = pool(options)
    await clock.settle()
    let ended: Promise<void> | undefined
    act = () => void (ended = drain(drained))
    const asked = outcome(call(drained, { type }))
    await clock.advance(1)
    expect(['done', 'ERR_GENPOOL_STOPPED']).toContain(await asked)
    await ended
    expect(inspect(drained).outcomes).toMatchObject({ expired: 0 })
  })

  it('goes on where it pauses or configures the pool', async () => {
    const kept = pool(options)
    await clock.settle()
    act = () => pause(kept)
    const first = outcome(call(kept, { type }))
    await clock.advance(1)
    resume(kept)
    await clock.settle()
    expect(await first).toBe('done')
    act = () => void configure(kept, { size: 2, timeout: 5000 })
    const second = outcome(call(kept, { type }))
    await clock.advance(1)
    expect(await second).toBe('done')
    act = () => void configure(kept, { rate: { limit: 7 }, limits: { by: () => 'other', concurrency: 3 } })
    const third = outcome(call(kept, { type }))
    await clock.advance(1)
    expect(await third).toBe('done')
    expect(inspect(kept)).toMatchObject({ waiting: 0, outcomes: { replied: 3 } })
  })
})

describe('a key function that is given to configure', () => {
  it.each(['limits', 'rate', 'fair'])(
    'stops the pool while it looks at what waits: all of it fails as stopped: %s',
    async (kind) => {
      const stopped = pool({}, () => clock.wait(1000))
      await clock.settle()
      const asked = [1, 2, 3, 4].map(() => outcome(call(stopped, { type: 'go' })))
      await clock.settle()
      act = () => stop(stopped)
      const by = (): unknown => once('k')
      const changes = {
        limits: { limits: { by, concurrency: 1 } },
        rate: { rate: { by, limit: 100 } },
        fair: { broker: { client: { type: 'fair', by } } },
      }[kind] as object
      expect(() => configure(stopped, changes)).toThrow('has stopped')
      await clock.advance(1)
      expect(new Set(await Promise.all(asked))).toEqual(new Set(['ERR_GENPOOL_STOPPED']))
      expect(inspect(stopped)).toMatchObject({ phase: 'stopped', waiting: 0 })
    },
  )
})

describe('a key function of a fair queue', () => {
  it.each(['', 'k'])(
    'stops the pool when a call comes back to run again: it fails as stopped (key "%s")',
    async (key) => {
      let runs = 0
      const broker = { client: { type: 'fair', by: () => once('lane') } }
      const stopped = pool({ broker, retryOnCrash: { go: 3 } }, () => {
        runs++
        act = () => stop(stopped)
        throw new Error('crash')
      })
      await clock.settle()
      const asked = outcome(call(stopped, { type: 'go' }, key === '' ? {} : { key }))
      await clock.advance(1)
      expect(inspect(stopped)).toMatchObject({ phase: 'stopped', waiting: 0, outcomes: { stopped: 1 } })
      expect([await asked, runs]).toEqual(['ERR_GENPOOL_STOPPED', 1])
    },
  )

  it.each([0, 1])(
    'stops the pool when a cast takes the place of another one: it is lost as stopped (at its call %s)',
    async (at) => {
      const Notes = definePool({ casts: { note: async () => (await clock.wait(100), noReply()) } })
      let before = Infinity
      const by = (): string => {
        if (before-- === 0) stop(stopped)
        return 'lane'
      }
      const stopped: any = spawnPool(system, Notes, 'notes', {
        size: 1,
        clock,
        broker: { client: { type: 'fair', by } },
      } as never)
      await clock.settle()
      const lost: number[] = []
      watchDeadLetters(stopped, ({ message }: any) => void lost.push(message.n))
      const note = (n: number, options = {}) => cast(stopped, { type: 'note', n } as never, options)
      note(1)
      note(2, { latest: 'x' })
      before = at
      note(3, { latest: 'x' })
      await clock.advance(1)
      expect(lost).toContain(3)
      expect(inspect(stopped)).toMatchObject({ phase: 'stopped', waiting: 0 })
    },
  )
})

describe('a key function of a shared broker', () => {
  it('stops a pool that shares it: its calls fail as stopped, and the other pool works on', async () => {
    const limits = { by: () => once('k'), concurrency: 1 }
    const broker = spawnBroker(system, { limits, clock } as never)
    const stopped = pool({ broker }, () => clock.wait(10))
    const other = spawnPool(system, definePool({ calls: { go: () => reply('done') } }), 'other', {
      broker: broker as never,
      size: 1,
      clock,
    })
    await clock.settle()
    const before = outcome(call(stopped, { type: 'go' }))
    act = () => stop(stopped)
    const asked = outcome(call(stopped, { type: 'go' }))
    await clock.advance(1)
    expect(await Promise.all([before, asked])).toEqual(['ERR_GENPOOL_STOPPED', 'ERR_GENPOOL_STOPPED'])
    const answer = call(other, { type: 'go' })
    await clock.advance(100)
    expect(await answer).toBe('done')
  })

  it('stops a pool whose call comes back to run again: the call fails as stopped', async () => {
    const broker = spawnBroker(system, { client: { type: 'fair', by: () => once('k') }, clock } as never)
    let runs = 0
    const stopped = pool({ broker, retryOnCrash: { go: 3 } }, () => {
      runs++
      act = () => stop(stopped)
      throw new Error('crash')
    })
    await clock.settle()
    const asked = outcome(call(stopped, { type: 'go' }))
    await clock.advance(1)
    expect(await asked).toBe('ERR_GENPOOL_STOPPED')
    expect(runs).toBe(1)
    expect(length(broker)).toBe(0)
  })
})
