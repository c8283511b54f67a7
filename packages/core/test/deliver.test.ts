import {
  call,
  cast,
  configure,
  definePool,
  type Delivery,
  getState,
  inspect,
  noReply,
  pause,
  type PoolOptions,
  ready,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { deliver, roomIn } from '@genpool/core/elsewhere'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const delivery: Delivery = { id: 'a', attempt: 2, storedAt: new Date(5), seq: 7, key: undefined }
const seen: (Delivery | undefined)[] = []
const Mails = definePool({
  init: () => ({ sent: 0 }),
  calls: {
    count: (_: object, { sent }, ctx) => {
      seen.push(ctx.delivery)
      return reply(sent)
    },
  },
  casts: {
    send: (_: object, state, ctx) => {
      seen.push(ctx.delivery)
      return noReply({ sent: state.sent + 1 })
    },
    fail: () => {
      throw new Error('no such mailbox')
    },
    wait: async (_: object, _state, ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
    },
  },
})

const spawn = () => spawnPool(system, Mails, 'mails', { size: 2, state: 'shared' })
const ended = (pool: ReturnType<typeof spawn>, message: object, options = {}) =>
  new Promise<{ error: unknown; runs: number }>((resolve) =>
    deliver(pool as never, message, { delivery, timeout: 1000, ...options }, (error, runs) => resolve({ error, runs })),
  )

describe('a delivered cast', () => {
  it('is done after the commit of its handler, which sees how it was delivered', async () => {
    const pool = spawn()
    seen.length = 0
    const end = ended(pool, { type: 'send' }).then((told) => ({ ...told, state: getState(pool) }))
    expect(await end).toEqual({ error: undefined, runs: 1, state: { sent: 1 } })
    expect(seen).toEqual([delivery])
  })

  it('may be handled by a handler of calls: its answer goes to nobody', async () => {
    expect(await ended(spawn(), { type: 'count' })).toEqual({ error: undefined, runs: 1 })
  })

  it('says why it failed, and is no lost message of the pool: who delivered it keeps it', async () => {
    const pool = spawn()
    const letters: unknown[] = []
    watchDeadLetters(pool, (letter) => letters.push(letter))
    const { error, runs } = await ended(pool, { type: 'fail' })
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_CRASHED', cause: { message: 'no such mailbox' } })
    expect(runs).toBe(1)
    expect(letters).toEqual([])
    expect(inspect(pool).outcomes).toMatchObject({ crashed: 1 })
  })

  it('that no handler knows fails without a run', async () => {
    expect(await ended(spawn(), { type: 'none' })).toMatchObject({ error: { code: 'ERR_GENPOOL_INVALID' }, runs: 0 })
    expect(await ended(spawnPool(system, Mails, 'other') as never, 5 as never)).toMatchObject({ runs: 0 })
  })

  it('ends at its timeout, and when it is cancelled', async () => {
    const pool = spawn()
    await ready(pool)
    expect(await ended(pool, { type: 'wait' }, { timeout: 200 })).toMatchObject({
      error: { code: 'ERR_GENPOOL_EXPIRED' },
      runs: 1,
    })
    const ends: unknown[] = []
    const casts = [1, 2, 3].map(() =>
      deliver(pool as never, { type: 'wait' }, { delivery, timeout: Infinity }, (error, runs) =>
        ends.push([error?.code, runs]),
      ),
    )
    await new Promise((resolve) => setImmediate(resolve))
    for (const each of casts) each.cancel()
    for (const each of casts) each.cancel()
    await new Promise((resolve) => setImmediate(resolve))
    expect(ends).toEqual([1, 1, 0].map((runs) => ['ERR_GENPOOL_CANCELLED', runs]))
  })

  it('is one message at a time with others of its key', async () => {
    const pool = spawn()
    await ready(pool)
    const keyed = { ...delivery, key: 'k' }
    const first = ended(pool, { type: 'wait' }, { delivery: keyed, timeout: 20 })
    const second = ended(pool, { type: 'send' }, { delivery: keyed })
    expect(await Promise.race([first.then(() => 1), second.then(() => 2)])).toBe(1)
    expect(await second).toEqual({ error: undefined, runs: 1 })
  })
})

it('no other message has a delivery', async () => {
  const pool = spawn()
  seen.length = 0
  cast(pool, { type: 'send' })
  await call(pool, { type: 'count' })
  expect(seen).toEqual([undefined, undefined])
})

it('the room in a pool is what it could begin now', async () => {
  const pool = spawn()
  await ready(pool)
  expect(roomIn(pool as never)).toEqual({ size: 2, room: 2, waiting: 0, most: Infinity, closed: null })
  for (let i = 0; i < 3; i++) void ended(pool, { type: 'wait' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(roomIn(pool as never)).toEqual({ size: 2, room: 0, waiting: 1, most: Infinity, closed: null })
  stop(pool)
  expect(roomIn(pool as never).room).toBe(0)
  const paused = spawnPool(system, Mails, 'paused', { size: 2 })
  pause(paused)
  expect(roomIn(paused as never)).toMatchObject({ size: 0, room: 0, most: 0, closed: 'paused' })
})

describe('a pool says for how much it has room, and why it has none', () => {
  const spawnAs = (options: PoolOptions) => spawnPool(system, Mails, `room-${++rooms}`, { size: 2, ...options })
  let rooms = 0

  it('if no member may work', async () => {
    const pool = spawnAs({ concurrency: 0 })
    expect(roomIn(pool as never)).toMatchObject({ size: 0, closed: 'paused' })
    configure(pool, { concurrency: Infinity })
    await ready(pool)
    expect(roomIn(pool as never)).toMatchObject({ room: 2, most: Infinity, closed: null })
  })

  it('if no member has started', () => {
    const never = definePool({ init: () => new Promise<null>(() => undefined), casts: { send: () => noReply() } })
    const pool = spawnPool(system, never, `room-${++rooms}`, { size: 2 })
    expect(roomIn(pool as never)).toMatchObject({ room: 0, most: 0, closed: 'starting' })
  })

  it('if its rate is used up, but not if something may begin soon', async () => {
    const pool = spawnAs({ rate: { limit: 3, interval: 600_000 } })
    await ready(pool)
    expect(roomIn(pool as never)).toMatchObject({ most: 3, closed: null })
    await ended(pool, { type: 'send' })
    expect(roomIn(pool as never)).toMatchObject({ room: 2, most: 2, closed: null })
    await ended(pool, { type: 'send' })
    await ended(pool, { type: 'send' })
    expect(roomIn(pool as never)).toMatchObject({ most: 0, closed: 'rate' })
    const often = spawnAs({ rate: { limit: 1, interval: 20 } })
    await ready(often)
    await ended(often, { type: 'send' })
    expect(roomIn(often as never).most).toBeGreaterThanOrEqual(1)
  })

  it('if its breaker is open, and one at a time while that is half-open', async () => {
    const clock = virtualClock()
    const pool = spawnAs({ breaker: { failures: 1, wait: 1000 }, clock })
    await ready(pool)
    await ended(pool, { type: 'fail' })
    expect(roomIn(pool as never)).toMatchObject({ size: 2, most: 0, closed: 'breaker' })
    await clock.advance(1000)
    expect(roomIn(pool as never)).toMatchObject({ most: 1, closed: null })
    void ended(pool, { type: 'wait' })
    await clock.advance(0)
    expect(roomIn(pool as never)).toMatchObject({ most: 0, closed: 'breaker' })
  })
})
