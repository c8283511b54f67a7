import {
  call,
  cast,
  configure,
  type DeadLetter,
  getMembers,
  inspect,
  onEvent,
  resize,
  watchDeadLetters,
} from '@genpool/core'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { stop } from 'nact'
import { clock, offs, type Pool, spawned, unknown, counted } from './notices-scene'

describe('a callback that causes what it is told of is told again, later:', () => {
  const TIMES = 20_000

  it('onDrop that casts again to a full pool', async () => {
    const errors: unknown[] = []
    const { seen, callback } = counted((times) => void (times < TIMES && cast(pool, { type: 'note' })))
    const pool: Pool = spawned({ onDrop: callback, onCallbackError: (error) => void errors.push(error) })
    for (let i = 0; i < 3; i++) cast(pool, { type: 'note', ms: 1e6 })
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
    expect(errors).toEqual([])
  })

  it('a watcher of dead letters that casts an unknown message', async () => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned()
    offs.push(watchDeadLetters(pool, callback))
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it.each(['genpool:dead-letter', 'genpool:request:settled'] as const)('a listener of %s', async (name) => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned()
    offs.push(onEvent(name, callback, { pool }))
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it("a subscriber of Node's own channel", async () => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned()
    subscribe('genpool:dead-letter', callback)
    offs.push(() => unsubscribe('genpool:dead-letter', callback))
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it('onCallbackError that causes another error', async () => {
    const { seen, callback } = counted((times) => void (times < TIMES && unknown(pool)))
    const pool: Pool = spawned({
      onDrop: () => {
        throw new Error('onDrop')
      },
      onCallbackError: callback,
    })
    unknown(pool)
    await clock.settle()
    expect(seen).toMatchObject({ times: TIMES, deepest: 1 })
  })

  it('a listener that resizes the pool whose size has changed, and one that configures it', async () => {
    const resizing = counted((times) => times < 500 && resize(pool, 1 + (times % 3)))
    const configuring = counted((times) => times < 500 && void configure(pool, { timeout: 1000 + times }))
    const pool: Pool = spawned()
    offs.push(onEvent('genpool:size:change', resizing.callback, { pool }))
    resize(pool, 3)
    await clock.settle()
    expect(resizing.seen).toMatchObject({ times: 500, deepest: 1 })
    expect(inspect(pool).size).toBe(getMembers(pool).length)
    offs.push(onEvent('genpool:pool:configure', configuring.callback, { pool }))
    configure(pool, { timeout: 10 })
    await clock.settle()
    expect(configuring.seen).toMatchObject({ times: 500, deepest: 1 })
  })

  it('and one that never ends lets the event loop go on', async () => {
    let told = 0
    const pool: Pool = spawned({
      onDrop: () => {
        told++
        unknown(pool)
      },
    })
    unknown(pool)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBeGreaterThan(0)
    configure(pool, { onDrop: () => undefined })
    await clock.settle()
  })
})

describe('callbacks are told', () => {
  it('after the call that they tell of, and before its caller continues', async () => {
    const log: string[] = []
    const pool = spawned({ onDrop: () => log.push('onDrop') })
    expect(unknown(pool)).toMatchObject({ ok: false })
    expect(log).toEqual([])
    offs.push(onEvent('genpool:request:settled', ({ type }) => void log.push(`settled ${type}`), { pool }))
    const answer = call(pool, { type: 'work', ms: 10 }).then(() => log.push('answer'))
    await clock.advance(20)
    await answer
    expect(log).toEqual(['onDrop', 'settled work', 'answer'])
  })

  it('in the order in which things happened', async () => {
    const log: string[] = []
    const pool = spawned({
      onDrop: ({ error }) => {
        log.push(error.code)
        throw new Error('onDrop')
      },
      onCallbackError: (error) => void log.push((error as Error).message),
    })
    offs.push(onEvent('genpool:size:change', ({ to }) => void log.push(`size ${to}`), { pool }))
    unknown(pool)
    resize(pool, 2)
    stop(pool)
    cast(pool, { type: 'note' })
    await clock.settle()
    const told = ['ERR_GENPOOL_INVALID', 'size 2', 'ERR_GENPOOL_STOPPED', 'onDrop', 'onDrop']
    expect(log).toEqual(told)
  })

  it('of everything that happened, after the pool has stopped, too', async () => {
    const letters: DeadLetter[] = []
    const stops: unknown[] = []
    const pool = spawned({ broker: {}, onDrop: (letter) => void letters.push(letter) })
    offs.push(onEvent('genpool:pool:stop', ({ waiting }) => void stops.push(waiting), { pool }))
    for (let i = 0; i < 5000; i++) cast(pool, { type: 'note', ms: 1000 })
    await clock.settle()
    stop(pool)
    await clock.settle()
    expect(stops).toEqual([4999])
    expect(letters).toHaveLength(inspect(pool).deadLetters)
    expect(letters).toHaveLength(5000)
  })

  it('no more once they have been removed', async () => {
    const letters: DeadLetter[] = []
    const pool = spawned()
    const unwatch = watchDeadLetters(pool, (letter) => void letters.push(letter))
    unknown(pool)
    unwatch()
    await clock.settle()
    expect(letters).toEqual([])
  })

  it('what an effect throws, after the answer is given', async () => {
    const log: string[] = []
    const pool = spawned({ onCallbackError: (error) => void log.push((error as Error).message) })
    await Promise.all([call(pool, { type: 'effect' }), clock.settle()])
    expect(log).toEqual(['effect'])
  })
})
