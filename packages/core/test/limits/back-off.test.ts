import {
  call,
  cast,
  configure,
  type Context,
  definePool,
  defineTask,
  drain,
  explain,
  inspect,
  onEvent,
  pause,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { stop } from 'nact'
import { system } from '../virtual-system'
import { backing } from './backing'

describe('ctx.backOff', () => {
  it('lets nothing of the pool begin until the time is over', async () => {
    const { clock, began, pool, send } = backing()
    await clock.settle()
    await expect(send({ user: 'a', backOff: 100 })).resolves.toBe('a1')
    const rest = Promise.all([send({ user: 'b' }), send({ user: 'c' })])
    await clock.settle()
    expect(inspect(pool)).toMatchObject({
      waiting: 2,
      members: { idle: 4 },
      backOffs: 1,
      backOff: { waiting: 2, all: true, keys: 0, opensInMs: 100 },
    })
    await clock.advance(99)
    expect(began).toEqual(['a@0'])
    await clock.advance(1)
    await rest
    expect(began).toEqual(['a@0', 'b@100', 'c@100'])
    expect(inspect(pool).backOff).toBeUndefined()
  })

  it('holds the key of its message alone where there are limits per key', async () => {
    const { clock, began, pool, send } = backing({ limits: { by: 'user', concurrency: 2 } })
    await clock.settle()
    await send({ user: 'a', backOff: 100 })
    const rest = Promise.all([send({ user: 'a' }), send({ user: 'b' }), send({})])
    await clock.settle()
    expect(began).toEqual(['a@0', 'b@0', '@0'])
    expect(inspect(pool)).toMatchObject({
      limits: { waiting: 0 },
      backOff: { waiting: 1, all: false, keys: 1, key: 'a', opensInMs: 100 },
    })
    await clock.advance(100)
    await rest
    expect(began.at(-1)).toBe('a@100')
    expect(inspect(pool)).toMatchObject({ limits: { keys: 0 }, backOff: undefined })
  })

  it('holds the key of a rate, a key that is named, or all with the key null', async () => {
    const { clock, began, send } = backing({ rate: { limit: 9, by: 'user' } })
    await clock.settle()
    await send({ user: 'a', backOff: 100 })
    await send({ user: 'b', backOff: 50, key: 'c' })
    const rest = Promise.all(['a', 'b', 'c'].map((user) => send({ user })))
    await clock.advance(100)
    await rest
    expect(began).toEqual(['a@0', 'b@0', 'b@0', 'c@50', 'a@100'])
    await send({ user: 'a', backOff: 30, key: null })
    const last = send({ user: 'z' })
    await clock.advance(30)
    await last
    expect(began.at(-1)).toBe('z@130')
  })

  it('holds the pool if the message has no key', async () => {
    const { clock, began, send } = backing({ limits: { by: 'user' } })
    await clock.settle()
    await send({ backOff: 40 })
    const later = send({ user: 'a' })
    await clock.advance(40)
    await later
    expect(began).toEqual(['@0', 'a@40'])
  })

  it('the longest back-off wins', async () => {
    const { clock, began, send } = backing()
    await clock.settle()
    const both = Promise.all([send({ user: 'a', backOff: 100 }), send({ user: 'b', backOff: 20 })])
    await both
    const later = send({ user: 'c' })
    await clock.advance(100)
    await later
    expect(began.at(-1)).toBe('c@100')
  })

  it('runs the message in hand again after it, in its old place, and commits nothing before', async () => {
    const { clock, began, pool, send } = backing({ size: 1 })
    await clock.settle()
    const all = Promise.all([send({ user: 'a', backOff: 100, again: true }), send({ user: 'b' })])
    await clock.advance(100)
    await expect(all).resolves.toEqual(['a2', 'b1'])
    expect(began).toEqual(['a@0', 'a@100', 'b@100'])
    expect(inspect(pool)).toMatchObject({ accepted: 2, outcomes: { replied: 2, crashed: 0 }, stateVersion: 2 })
  })

  it('runs it again with the rate counted for each run', async () => {
    const { clock, began, send } = backing({ rate: { limit: 1, interval: 50 } })
    await clock.settle()
    const one = send({ user: 'a', backOff: 10, again: true })
    await clock.advance(50)
    await one
    expect(began).toEqual(['a@0', 'a@50'])
  })

  it('runs it again also when the result is thrown, or a task or a plain function returns it', async () => {
    const clock = virtualClock()
    const once = (ctx: Context): void => {
      if (ctx.attempt === 1) throw ctx.backOff(10, { again: true })
    }
    const Thrower = definePool({ calls: { deep: (_msg: object, _state, ctx) => (once(ctx), reply(ctx.attempt)) } })
    const Task = defineTask((n: number, ctx) => (ctx.attempt === 1 ? ctx.backOff(10, { again: true }) : n * 2))
    const seen: number[] = []
    const Plain = definePool((count: number | undefined, _msg: string, ctx) => {
      if (ctx.attempt === 1) return ctx.backOff(10, { again: true })
      seen.push(ctx.attempt)
      return (count ?? 0) + 1
    })
    const thrower = spawnPool(system, Thrower, 'thrower', { clock })
    const task = spawnPool(system, Task, 'task', { clock })
    const plain = spawnPool(system, Plain, 'plain', { clock })
    const answers = Promise.all([call(thrower, { type: 'deep' }), call(task, 21)])
    cast(plain, 'go')
    await clock.advance(10)
    await expect(answers).resolves.toEqual([2, 42])
    expect(seen).toEqual([2])
  })

  it('runs each message of a batch again', async () => {
    const clock = virtualClock()
    const sizes: number[] = []
    const Batch = definePool({
      calls: {
        add: {
          batch: 3,
          handle: (messages: readonly { n: number }[], _state: unknown, ctx: Context) => {
            sizes.push(messages.length)
            if (ctx.attempt === 1) return ctx.backOff(10, { again: true })
            return reply(messages.map(({ n }) => n))
          },
        },
      },
    })
    const pool = spawnPool(system, Batch, 'batch', { size: 1, clock })
    const all = Promise.all([1, 2, 3].map((n) => call(pool, { type: 'add', n })))
    await clock.advance(20)
    await expect(all).resolves.toEqual([1, 2, 3])
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(6)
  })

  it('deadlines and signals go on: what waits expires or is cancelled, and says for what it waited', async () => {
    const { clock, pool, send } = backing()
    await clock.settle()
    const controller = new AbortController()
    const again = send({ user: 'a', backOff: 1000, again: true }, { timeout: 50 })
    await clock.settle()
    const waits = send({ user: 'b' }, { timeout: 60 })
    const aborted = send({ user: 'c' }, { signal: controller.signal })
    const ends = Promise.allSettled([again, waits, aborted])
    controller.abort()
    await clock.advance(100)
    const errors = (await ends).map((end) => (end as PromiseRejectedResult).reason as Error & { started?: boolean })
    expect(errors).toMatchObject([
      { code: 'ERR_GENPOOL_EXPIRED', started: true },
      { code: 'ERR_GENPOOL_EXPIRED', started: false },
      { code: 'ERR_GENPOOL_CANCELLED', started: false },
    ])
    expect(errors[0]?.message).toContain('The pool backs off')
    expect(errors[1]?.message).toContain('The pool backs off')
    expect(inspect(pool).waiting).toBe(0)
  })

  it('is told by explain and by an event', async () => {
    const { clock, pool, send } = backing({ limits: { by: 'user' } })
    await clock.settle()
    const events: unknown[] = []
    const off = onEvent('genpool:back-off', (event) => events.push(event), { pool })
    await send({ user: 'a', backOff: 250 })
    const later = send({ user: 'a' })
    await clock.settle()
    expect(events).toMatchObject([
      { pool: 'pool', type: 'work', member: 'member-1.1', ms: 250, all: false, heldKey: 'a', again: false },
    ])
    off()
    expect(explain(pool).findings[0]).toMatchObject({
      finding: 'back-off',
      says: '1 key backs off, "a" for the longest time: what the handlers call has had too many requests, and 1 request waits; the next may begin in 250 ms',
      figures: { held: 1, key: 'a', opensInMs: 250, waiting: 1 },
    })
    await clock.advance(250)
    await later
    expect(explain(pool).calm).toBe(true)
  })

  it('stays while options change, and while the pool is paused', async () => {
    const { clock, began, pool, send } = backing()
    await clock.settle()
    await send({ user: 'a', backOff: 100 })
    configure(pool, { rate: { limit: 1, interval: 10 } })
    const rest = Promise.all([send({ user: 'b' }), send({ user: 'c' })])
    await clock.advance(50)
    configure(pool, { rate: false, limits: { by: 'user' } })
    pause(pool)
    await clock.advance(100)
    expect(began).toEqual(['a@0'])
    resume(pool)
    await clock.settle()
    await rest
    expect(began).toEqual(['a@0', 'b@150', 'c@150'])
  })

  it('a drain finishes what backs off, and a stop fails it', async () => {
    const { clock, pool, send } = backing()
    await clock.settle()
    const again = send({ user: 'a', backOff: 100, again: true })
    await clock.settle()
    const drained = drain(pool)
    await clock.advance(100)
    await expect(again).resolves.toBe('a2')
    await drained
    const other = backing()
    await other.clock.settle()
    const lost = other.send({ user: 'a', backOff: 100, again: true })
    lost.catch(() => undefined)
    await other.clock.settle()
    stop(other.pool)
    await expect(lost).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
  })
})
