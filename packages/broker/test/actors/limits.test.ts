import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import {
  asyncAsk,
  asyncAskR,
  type BrokerMatch,
  cancel,
  changeConfig,
  dynamicAsk,
  length,
  lengthR,
  spawnBroker,
} from '../../src'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

interface Job {
  readonly tenant?: string
  readonly cost?: number
}

const setUp = (options: Parameters<typeof spawnBroker>[1]) => {
  const clock = virtualClock()
  const broker = spawnBroker<Job, number>(system, { ...options, clock }, 'broker')
  const begun: BrokerMatch<Job>[] = []
  const work = (count: number): void => {
    for (let i = 0; i < count; i++) {
      asyncAskR(broker, i).match.then(
        (match) => begun.push(match),
        () => undefined,
      )
    }
  }
  return { clock, broker, begun, work, tenants: () => begun.map(({ value }) => value.tenant) }
}

describe('a broker with a rate or limits', () => {
  it('lets that many begin within any interval, and wakes itself for the next', async () => {
    const { clock, broker, begun, work } = setUp({ rate: { limit: 2, interval: 100 } })
    work(5)
    for (let i = 0; i < 5; i++) asyncAsk(broker, {})
    await clock.settle()
    expect([begun.length, length(broker), lengthR(broker)]).toEqual([2, 3, 3])
    await clock.advance(99)
    expect(begun).toHaveLength(2)
    await clock.advance(1)
    expect(begun).toHaveLength(4)
    await clock.advance(100)
    expect([begun.length, clock.timers]).toEqual([5, 0])
  })

  it('says which limit has dropped a request, and why new limits refuse one', async () => {
    const { clock, broker } = setUp({ limits: { by: 'tenant', concurrency: 1, max: 1 } })
    const told = (match: Promise<unknown>) => match.catch(({ message, cause }: Error) => ({ message, cause }))
    const [first, second] = [0, 1].map(() => told(asyncAsk(broker, { tenant: 'a' }).match))
    expect(await second).toMatchObject({
      message: expect.stringContaining('as many of its key waited as "limits.max"'),
    })
    const thrown = new Error('no tenants here')
    const by = (): never => {
      throw thrown
    }
    changeConfig(broker, { limits: { by } })
    await clock.settle()
    expect(await first).toMatchObject({
      message: expect.stringContaining(
        'the limits have changed while it waited: the function "by" threw: no tenants here.',
      ),
      cause: { code: 'ERR_GENPOOL_INVALID', cause: thrown },
    })
  })

  it('runs that many of one key at once, and goes on when one is done', async () => {
    const { clock, broker, begun, work, tenants } = setUp({ limits: { by: 'tenant', concurrency: 1 } })
    for (const tenant of ['a', 'a', 'b']) asyncAsk(broker, { tenant })
    work(3)
    await clock.settle()
    expect(tenants()).toEqual(['a', 'b'])
    begun[0]?.done()
    await clock.settle()
    expect(tenants()).toEqual(['a', 'b', 'a'])
  })

  it('does not count what is said not to have run', async () => {
    const { clock, broker, begun, work } = setUp({ rate: { limit: 1, interval: 100, cost: 'cost' } })
    for (let i = 0; i < 2; i++) asyncAsk(broker, { cost: 1 })
    work(2)
    await clock.settle()
    expect(begun).toHaveLength(1)
    begun[0]?.done(false)
    await clock.settle()
    expect(begun).toHaveLength(2)
  })

  it('changes while requests wait, and ends with false or by leaving it out', async () => {
    const { clock, broker, begun, work } = setUp({ rate: { limit: 1, interval: 1000 } })
    for (let i = 0; i < 4; i++) asyncAsk(broker, {})
    work(4)
    await clock.settle()
    expect(begun).toHaveLength(1)
    expect(changeConfig(broker, { rate: { limit: 2 } })).toMatchObject([{ path: 'rate.limit', from: 1, to: 2 }])
    await clock.settle()
    expect(begun).toHaveLength(2)
    changeConfig(broker, {})
    await clock.settle()
    expect(begun).toHaveLength(4)
  })

  it('fails a request whose cost is wrong, and goes on', async () => {
    const { clock, broker, begun, work } = setUp({ rate: { limit: 3, interval: 100, cost: 'cost' } })
    work(1)
    const controller = new AbortController()
    const wrong = dynamicAsk(broker, { cost: 4 }, { signal: controller.signal })
    expect(wrong).toMatchObject({ type: 'drop', error: { code: 'ERR_GENPOOL_INVALID' } })
    controller.abort()
    asyncAsk(broker, { cost: 3 })
    await clock.settle()
    expect(begun).toHaveLength(1)
  })

  it('gives the place of one that was aborted to the next', async () => {
    const { clock, broker, begun, work, tenants } = setUp({ limits: { by: 'tenant', concurrency: 1 } })
    work(3)
    asyncAsk(broker, { tenant: 'a' })
    const controller = new AbortController()
    const gone = asyncAsk(broker, { tenant: 'a' }, { signal: controller.signal }).match.catch(() => 'gone')
    asyncAsk(broker, { tenant: 'a' })
    controller.abort()
    await clock.settle()
    begun[0]?.done()
    await clock.settle()
    expect([await gone, tenants(), length(broker)]).toEqual(['gone', ['a', 'a'], 0])
  })

  describe('whose rate holds a costly request in front of the queue', () => {
    /** Three of three are used; one of cost 3 is held, and one that costs nothing waits behind it. */
    const held = async (options: Parameters<typeof asyncAsk>[2]) => {
      const bench = setUp({ rate: { limit: 3, interval: 100, cost: 'cost' } })
      bench.work(4)
      asyncAsk(bench.broker, { cost: 3, tenant: 'first' })
      const ticket = asyncAsk(bench.broker, { cost: 3, tenant: 'held' }, options)
      const end = ticket.match.then(
        () => 'begun',
        ({ code }: { code: string }) => code,
      )
      asyncAsk(bench.broker, { cost: 0, tenant: 'next' })
      await bench.clock.settle()
      expect([bench.tenants(), length(bench.broker)]).toEqual([['first'], 2])
      return { ...bench, ticket, end }
    }

    it('lets go of it when its signal aborts, and begins the next', async () => {
      const controller = new AbortController()
      const { clock, broker, tenants, end } = await held({ signal: controller.signal })
      controller.abort()
      await clock.settle()
      expect([await end, tenants(), length(broker)]).toEqual(['ERR_GENPOOL_CANCELLED', ['first', 'next'], 0])
      await clock.advance(200)
      expect([tenants(), lengthR(broker), clock.timers]).toEqual([['first', 'next'], 2, 0])
    })

    it('lets go of it at its deadline, and begins the next', async () => {
      const { clock, broker, tenants, end } = await held({ timeout: 20 })
      await clock.advance(22)
      expect([tenants(), length(broker)]).toEqual([['first', 'next'], 0])
      expect(await end).toBe('ERR_GENPOOL_EXPIRED')
    })

    it('lets go of it when its ticket is cancelled, and begins the next', async () => {
      const { clock, broker, tenants, ticket } = await held({})
      expect([ticket.cancel(), ticket.cancel()]).toEqual([true, false])
      await clock.settle()
      expect([tenants(), length(broker)]).toEqual([['first', 'next'], 0])
    })

    it('lets go of it when its tag is cancelled, and begins the next', async () => {
      const { clock, broker, tenants } = await held({ tag: 't', timeout: 20 })
      expect(cancel(broker, 't')).toBe(1)
      await clock.settle()
      expect([tenants(), length(broker), clock.timers]).toEqual([['first', 'next'], 0, 0])
    })

    it('begins nothing more when it stops', async () => {
      const { clock, broker, tenants, end } = await held({})
      stop(broker)
      await clock.settle()
      expect([await end, tenants(), clock.timers]).toEqual(['ERR_GENPOOL_STOPPED', ['first'], 0])
    })
  })
})
