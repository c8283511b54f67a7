import { call, cast, configure, definePool, noReply, onEvent, reply, spawnPool, watchDeadLetters } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let clock: ReturnType<typeof virtualClock>
let unhandled: unknown[]
const note = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => {
  system = start()
  clock = virtualClock()
  unhandled = []
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  stop(system)
  await clock.settle()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

const Work = definePool({
  init: () => ({ done: 0 }),
  calls: {
    effect: (_message, _state, ctx) => {
      ctx.afterCommit(() => Promise.reject(new Error('effect')) as never)
      return reply('done')
    },
    noEffect: (_message, _state, ctx) => {
      ctx.afterCommit('effect' as never)
      return reply('done')
    },
    crash: () => {
      throw new Error('boom')
    },
  },
  casts: { work: () => noReply() },
})

function spawned(options: object = {}) {
  const reported: string[] = []
  const pool = spawnPool(system, Work, 'pool', {
    clock,
    onCallbackError: (error) => void reported.push((error as Error).message),
    ...options,
  })
  return { pool, reported }
}
const rejecting = (text: string) => () => Promise.reject(new Error(text)) as never

it('refuses an effect that is no function where it is given', async () => {
  const { pool, reported } = spawned()
  const failed = call(pool, { type: 'noEffect' }).catch((error: Error) => error.cause)
  await clock.settle()
  expect(await failed).toMatchObject({
    message: expect.stringContaining('The effect given to ctx.afterCommit is wrong'),
  })
  expect(reported).toEqual([])
})

describe('an asynchronous callback that rejects is reported like one that throws:', () => {
  it('an effect', async () => {
    const { pool, reported } = spawned()
    expect(await call(pool, { type: 'effect' })).toBe('done')
    await clock.settle()
    expect(reported).toEqual(['effect'])
  })

  it('onDrop, and a watcher of dead letters', async () => {
    const { pool, reported } = spawned({ onDrop: rejecting('onDrop') })
    watchDeadLetters(pool, rejecting('watcher'))
    cast(pool, { type: 'unknown' } as never)
    await clock.settle()
    expect(reported).toEqual(['onDrop', 'watcher'])
  })

  it('a listener of events', async () => {
    const { pool, reported } = spawned()
    const off = onEvent('genpool:request:settled', rejecting('listener'), { pool })
    cast(pool, { type: 'work' })
    await clock.settle()
    off()
    expect(reported).toEqual(['listener'])
  })

  it('the "counts" function of the breaker: the crash counts', async () => {
    const { pool, reported } = spawned({ breaker: { failures: 1, counts: rejecting('counts') } })
    await call(pool, { type: 'crash' }).catch(() => undefined)
    await clock.settle()
    expect(reported).toEqual(['counts'])
    await expect(call(pool, { type: 'effect' })).rejects.toMatchObject({ reason: 'breaker' })
  })

  it('onCallbackError and onDrop may be taken away again', async () => {
    const warnings: unknown[] = []
    const spy = jest.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)))
    const { pool, reported } = spawned({ onDrop: rejecting('onDrop') })
    configure(pool, { onCallbackError: null })
    await call(pool, { type: 'effect' })
    await clock.settle()
    expect(reported).toEqual([])
    expect(warnings).toHaveLength(1)
    configure(pool, { onDrop: null, onCallbackError: (error) => void reported.push(String(error)) })
    cast(pool, { type: 'unknown' } as never)
    await clock.settle()
    expect(reported).toEqual([])
    spy.mockRestore()
  })

  it('onCallbackError itself: a warning of the process', async () => {
    const warned: string[] = []
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((warning) => void warned.push(String(warning)))
    const { pool } = spawned({ onDrop: rejecting('onDrop'), onCallbackError: rejecting('onCallbackError') })
    cast(pool, { type: 'unknown' } as never)
    await clock.settle()
    emit.mockRestore()
    expect(warned).toEqual(['onCallbackError of pool "pool" threw; the pool continues.'])
  })
})
