import {
  call,
  cast,
  definePool,
  type Delivery,
  getState,
  inspect,
  noReply,
  pause,
  ready,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { deliver, roomIn } from '@genpool/core/elsewhere'
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
  expect(roomIn(pool as never)).toEqual({ size: 2, room: 2, waiting: 0 })
  for (let i = 0; i < 3; i++) void ended(pool, { type: 'wait' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(roomIn(pool as never)).toEqual({ size: 2, room: 0, waiting: 1 })
  stop(pool)
  expect(roomIn(pool as never).room).toBe(0)
  const paused = spawnPool(system, Mails, 'paused', { size: 2 })
  pause(paused)
  expect(roomIn(paused as never).room).toBe(0)
})
