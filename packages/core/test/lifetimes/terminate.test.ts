import { call, configure, definePool, drain, getMembers, inspect, reply, resize, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { failure, written, count } from './written'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors and senders */
describe('terminate', () => {
  const ways: Record<string, (pool: any, open: () => void) => unknown> = {
    stop: (pool) => stop(pool),
    'stop of the system': () => stop(system),
    drain: (pool) => drain(pool),
    crash: (pool) => failure(call(pool, { type: 'crash' })),
    halt: (pool) => call(pool, { type: 'end', reason: 'normal' }),
    recycle: (pool) => configure(pool, { recycle: { afterMs: 10 } }),
    resize: (pool) => resize(pool, 1),
    'stop of its address': (pool) => stop(getMembers(pool)[1]!.ref as never),
    'stop while busy': (pool, open) => {
      for (const type of ['hang', 'hang']) void call(pool, { type }).catch(() => undefined)
      void clock.settle().then(() => (stop(pool), open()))
    },
  }

  it.each(Object.entries(ways))('is called once for each init, after %s', async (_name, end) => {
    const { pool, log, open } = written({ size: 2 })
    getMembers(pool)
    end(pool, open)
    await clock.advance(100)
    stop(pool)
    await clock.advance(100)
    const lives = (start: string): string[] =>
      log.filter((line) => line.startsWith(start)).map((line) => line.split(' ')[1]!)
    expect(lives('terminate').sort()).toEqual(lives('init').sort())
    expect(log.filter((line) => line.includes('undefined'))).toEqual([])
  })

  it.each([true, false])(
    'is called without a state if its store was destroyed before; warns of nothing: %s',
    async (has) => {
      const [ends, errors]: [unknown[], unknown[]] = [[], []]
      const store = createStore()
      const behaviour = definePool({
        init: () => ({ sum: 0 }),
        calls: { add: () => reply('added', ({ sum }) => ({ sum: sum + 1 })) },
        ...(has && { terminate: (reason: unknown, state: unknown) => void ends.push([reason, state]) }),
      })
      const onCallbackError = (error: unknown) => void errors.push(error)
      const pool = spawnPool(system, behaviour, 'pool', {
        size: 2,
        clock,
        state: { type: 'shared', store },
        onCallbackError,
      })
      await call(pool, { type: 'add' })
      store.destroy()
      stop(pool)
      await clock.settle()
      expect(ends).toEqual(
        has
          ? [
              ['shutdown', undefined],
              ['shutdown', undefined],
            ]
          : [],
      )
      expect(errors).toEqual([])
    },
  )

  it('stopping replaces no member, also when member addresses are known', async () => {
    const { pool, log } = written({ size: 3 })
    getMembers(pool)
    stop(pool)
    await clock.settle()
    expect([count(log, 'init'), count(log, 'terminate')]).toEqual([3, 3])
  })

  it('waits for the handler in flight, and gets the last state', async () => {
    const { pool, log, open } = written()
    await call(pool, { type: 'done' })
    const busy = failure(call(pool, { type: 'hang' }))
    await clock.settle()
    stop(pool)
    expect(await busy).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    expect(count(log, 'terminate')).toBe(0)
    open()
    await clock.settle()
    expect(log.at(-1)).toBe('terminate member-1.1 shutdown {"done":1}')
  })

  it('runs after a slow init whose member was already given up, and not before', async () => {
    const open: (() => void)[] = []
    const log: unknown[] = []
    const Slow = definePool({
      init: async (ctx) => {
        await new Promise<void>((resolve) => open.push(resolve))
        return `connection of ${ctx.member.name}`
      },
      terminate: (reason, state) => void log.push([reason, state]),
      calls: { get: (_message, state) => reply(state) },
    })
    const pool = spawnPool(system, Slow, 'pool', { size: 2, state: 'isolated', clock })
    resize(pool, 1)
    stop(pool)
    await clock.settle()
    expect(log).toEqual([])
    open.forEach((each) => each())
    await clock.settle()
    expect(log.sort()).toEqual([
      ['resized', 'connection of member-2.1'],
      ['shutdown', 'connection of member-1.1'],
    ])
  })

  it('that throws goes to onCallbackError, and the pool continues', async () => {
    const errors: unknown[] = []
    const { pool } = written({ onCallbackError: (error) => errors.push(error) }, () => {
      throw new Error('cannot close')
    })
    await call(pool, { type: 'end', reason: 'normal' })
    expect(await call(pool, { type: 'who' })).toBe('member-1.2')
    expect(errors).toEqual([expect.objectContaining({ message: 'cannot close' })])
    stop(pool)
    await Promise.resolve()
    expect(errors).toHaveLength(2)
  })

  it('delays drain until it is done', async () => {
    let release!: () => void
    const { pool } = written({}, () => new Promise<void>((resolve) => (release = resolve)))
    await call(pool, { type: 'who' })
    let drained = false
    const end = drain(pool).then(() => (drained = true))
    await clock.settle()
    expect([drained, inspect(pool).phase]).toEqual([false, 'stopped'])
    release()
    await end
  })
})
