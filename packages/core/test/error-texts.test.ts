import { spawnBroker } from '@genpool/broker'
import { call, cast, type Context, definePool, defineTask, map, reply, spawnPool, withWorkers } from '@genpool/core'
import { scriptedWorkers } from '@genpool/core/testing'
import * as nact from 'nact'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>

const Work = definePool({
  calls: {
    go: () => reply(1),
    nothing: (() => undefined) as any,
    held: (_message: object, _state: unknown, ctx: Context) => {
      ctx.backOff(10)
      return reply(1)
    },
  },
} as any) as any
const raise = (text: string): never => {
  throw new Error(text)
}
const pool = (options: object = {}): any => spawnPool(system, Work, 'pool', { size: 1, clock, ...options } as any)
const messageOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('the error', () => {
  it('of a priority that is no number says what it got', async () => {
    expect(await messageOf(() => call(pool(), { type: 'go' }, { priority: 'high' } as any))).toContain(
      'expected a number, got "high"',
    )
  })

  it('of a signal that is none says what it got, and of one that cannot be listened to why', async () => {
    const asked = pool()
    expect(await messageOf(() => call(asked, { type: 'go' }, { signal: 5 } as any))).toContain(
      'expected an AbortSignal, got 5',
    )
    const signal = { aborted: false, addEventListener: () => raise('no listeners here') } as never
    expect(await messageOf(() => call(asked, { type: 'go' }, { signal }))).toContain(
      'The option "signal" of a message to pool "pool" is wrong: listening to it threw: no listeners here',
    )
  })

  it('of a handler that returns nothing says so', async () => {
    expect(await messageOf(() => call(pool(), { type: 'nothing' }))).toContain(
      'the handler returned nothing (undefined). Return reply(value) or reply(value, nextState), noReply() to answer later, or halt(reason).',
    )
  })

  it('of a message factory that throws says what it threw', async () => {
    const asked = pool()
    expect(await messageOf(() => query(asked, () => raise('no message today'), 1000))).toContain(
      'its message factory threw: no message today',
    )
  })

  it('of a pool with a shared broker whose handler backs off says what to do', async () => {
    const asked = pool({ broker: spawnBroker(system, { clock } as any) })
    const error = messageOf(() => call(asked, { type: 'held' }))
    await clock.advance(1)
    expect(await error).toContain(
      'Pool "pool" cannot back off: it shares a broker, whose queue serves other pools, too',
    )
  })

  it('of limits beside a shared broker says where they belong', async () => {
    const broker = spawnBroker(system)
    expect(await messageOf(() => pool({ broker, limits: { by: 'user', concurrency: 1 } }))).toContain(
      'spawnBroker(parent, { limits }) or changeConfig(broker, { limits })',
    )
  })

  it('of a limit for a heap that members share says what to do', async () => {
    expect(await messageOf(() => pool({ recycle: { afterHeapMb: 5 } }))).toBe(
      'The options of pool "pool" are wrong; nothing was changed.\n' +
        '  at recycle.afterHeapMb: the members of this pool share one thread, and one heap. Use "@genpool/threads", or leave it out',
    )
  })

  it('of a map whose calls and source fail has both', async () => {
    const Failing = definePool({ calls: { go: () => raise('unlucky.') } } as any) as any
    const failing = spawnPool(system, Failing, 'failing', { size: 1, clock }) as any
    const source = function* () {
      yield { type: 'go' }
      raise('the file is broken')
    }
    const text = messageOf(() => map(failing, source() as any, { onError: 'collect' }).toArray())
    await clock.advance(1)
    expect(await text).toMatch(
      /1 of 1 calls to pool "failing" failed; the first error: .*[^.]\. Then its source failed: .*the file is broken/s,
    )
  })

  it('of a member that gets a message for itself without "handleInfo" says to define it', async () => {
    const lost: string[] = []
    const asked = pool({ onDrop: ({ error }: any) => void lost.push(error.message) })
    await clock.settle()
    nact.dispatch((await import('@genpool/core')).getMembers(asked)[0]!.ref as any, { any: 'thing' })
    await clock.advance(1)
    expect(lost.join()).toContain('Define "handleInfo".')
  })

  it('of a back-off whose key cannot be one names ctx.backOff', async () => {
    class Shop {
      readonly id = 1
    }
    const worker = defineTask((_message, ctx) => ctx.backOff(10, { key: new Shop() }))
    const asked = spawnPool(system, worker, 'shops', { clock, limits: { by: 'shop', concurrency: 1 } })
    const text = messageOf(() => call(asked, { shop: 1 }))
    await clock.advance(1)
    expect(await text).toContain(
      'The options of ctx.backOff are wrong; nothing was changed: the key must be a plain value',
    )
    expect(await text).not.toContain('fair queue')
  })

  it('of a call that comes with no time left says so, and does not ask for faster handlers', async () => {
    const asked = pool()
    await clock.settle()
    expect(await messageOf(() => call(asked, { type: 'go' }, { timeout: 0 }))).toBe(
      '"pool" did not answer within 0 ms: the request was still waiting and was never run; it is safe to retry. It came with no ' +
        'time left. Give it a "timeout" above 0, or what is left of a deadline that is still to come.',
    )
  })

  it('of a wrong "idempotent" says so here, too, where nothing depends on it', async () => {
    const asked = pool()
    const text = 'The option "idempotent" of a message to pool "pool" is wrong: expected true or false, got 5.'
    expect(await messageOf(() => call(asked, { type: 'go' }, { idempotent: 5 as never }))).toBe(text)
    const right = call(asked, { type: 'go' }, { idempotent: true })
    await clock.advance(1)
    expect(await right).toBe(1)
  })

  it('of a call that may be sent again in 25 days has that time to the millisecond', async () => {
    const breaker = { failures: 1, wait: 2 ** 31, maxWait: 2 ** 31 }
    const asked = spawnPool(
      system,
      defineTask(() => raise('broken')),
      'broken',
      { clock, breaker },
    )
    await messageOf(() => call(asked, 1))
    expect(await messageOf(() => call(asked, 1))).toContain(' Retry in 2147483648 ms.')
  })

  it('of a worker that ends a job without its beginning says what it has to call', async () => {
    const workers = scriptedWorkers({ now: () => clock.now() })
    const asked = spawnPool(system, withWorkers(Work, workers), 'workers', { size: 1, clock }) as any
    const answer = messageOf(() => call(asked, { type: 'go' }))
    await clock.settle()
    expect(() => workers.jobs[0]?.finish('done')).toThrow('This job has not begun. Call "begin" first.')
    workers.jobs[0]?.begin()
    workers.jobs[0]?.finish('done')
    expect(await answer).toBe('nothing was thrown')
    cast(asked, { type: 'no such' } as never)
  })
})
