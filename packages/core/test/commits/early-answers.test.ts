import {
  call,
  type CallOptions,
  definePool,
  type From,
  getState,
  noReply,
  type PoolOptions,
  ready,
  reply,
  spawnPool,
} from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { dispatch } from 'nact'
import { clock, system } from '../virtual-system'
import { lateStore } from './late-store'

interface State {
  readonly ids: readonly string[]
}
interface Message {
  readonly id: string
  readonly ms?: number
}
type Recipe = (draft: { ids: string[] }) => void

/** Handlers that answer through `ctx.from` before they say what is to be committed. */
const Early = definePool({
  init: (): State => ({ ids: [] }),
  calls: {
    one: async ({ id, ms = 0 }: Message, _state, ctx) => {
      await soon(ms)
      dispatch(ctx.from, answerTo(id))
      return noReply(adds([id]))
    },
    many: {
      batch: 4,
      handle: (messages: readonly Message[], _state, ctx) => early(messages, ctx, noReply(adds(idsOf(messages)))),
    },
    both: {
      batch: 4,
      handle: (messages: readonly Message[], _state, ctx) =>
        early(messages, ctx, reply(idsOf(messages), adds(idsOf(messages)))),
    },
    /** Fails the first time. */
    again: {
      batch: 4,
      handle: async (messages: readonly Message[], _state, ctx) => {
        await soon(20)
        ctx.from.reply(`run ${ctx.attempt} of ${messages[0]?.id}`)
        if (ctx.attempt === 1 && messages.length === 1) throw new Error('at first')
        return reply(idsOf(messages), adds(idsOf(messages)))
      },
    },
    reads: { batch: 4, handle: (messages: readonly Message[], _state, ctx) => early(messages, ctx, noReply()) },
  },
})

const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id)
const adds =
  (ids: readonly string[]): Recipe =>
  (draft) => {
    if (ids.includes('fails')) throw new Error('no such id')
    draft.ids.push(...ids)
  }
/** A promise for `later`. */
const answerTo = (id: string | undefined): unknown =>
  id === 'later' ? clock.wait(150).then(() => 'early later') : `early ${id}`
const soon = async (ms: number): Promise<void> => (ms > 0 ? clock.wait(ms) : undefined)
async function early<T>(messages: readonly Message[], { from }: { readonly from: From }, step: T): Promise<T> {
  await soon(messages[0]?.ms ?? 0)
  dispatch(from, answerTo(messages[0]?.id))
  return step
}

type Type = 'one' | 'many' | 'both' | 'again' | 'reads'
async function open(options: PoolOptions = {}, store: object = {}) {
  const pool = spawnPool(system, Early, 'early', {
    size: 1,
    clock,
    state: { type: 'shared', ...store },
    ...options,
  } as PoolOptions)
  await clock.settle()
  await ready(pool)
  const told: Record<string, unknown> = {}
  const aborts: Record<string, AbortController> = {}
  const send = (type: Type, id: string, ms = 0, given: CallOptions = {}): void => {
    const tell = (end: unknown): void => void (told[id] = end)
    call(pool, { type, id, ms } as never, {
      ...given,
      timeout: 1000,
      signal: (aborts[id] = new AbortController()).signal,
    }).then(tell, tell)
  }
  const leave = (id: string): void => aborts[id]?.abort()
  return { told, send, leave, ids: () => (getState(pool) as State).ids }
}
const expired = { code: 'ERR_GENPOOL_EXPIRED', mayBeCommitted: true }

describe('an answer that a handler of a batch gives early', () => {
  it('comes with the commit, to the caller of the first message', async () => {
    const { told, send, ids } = await open()
    for (const id of ['a', 'b', 'c']) send('many', id)
    await clock.settle()
    expect(told).toEqual({ a: 'early a' })
    expect(ids()).toEqual(['a', 'b', 'c'])
    await clock.advance(1100)
    expect(told).toMatchObject({ a: 'early a', b: expired, c: expired })
  })

  it('comes without a commit, too', async () => {
    const { told, send } = await open()
    send('reads', 'a')
    send('reads', 'b')
    await clock.settle()
    expect(told).toEqual({ a: 'early a' })
  })

  it('counts, and not the one of the list', async () => {
    const { told, send } = await open()
    send('both', 'a')
    send('both', 'b')
    await clock.settle()
    expect(told).toEqual({ a: 'early a', b: 'b' })
  })

  it.each([
    ['first again', 0, { a: 'run 2 of a', z: 'z' }],
    ['behind a more urgent one', 1, { z: 'run 1 of z', a: 'a' }],
  ])('does not come of a run that crashed: its message is %s', async (_, priority, ends) => {
    const options = { retryOnCrash: { again: 1 } } as PoolOptions
    const { told, send } = await open(options)
    send('again', 'a')
    await clock.advance(5)
    send('again', 'z', 0, { priority })
    await clock.advance(100)
    expect(told).toEqual(ends)
  })

  it('comes for a batch of one message, too', async () => {
    const { told, send } = await open()
    send('many', 'a')
    await clock.settle()
    expect(told).toEqual({ a: 'early a' })
  })
})

describe.each(['one', 'many', 'both'] as const)('an early answer of "%s"', (type) => {
  it('does not come if the recipe throws', async () => {
    const { told, send, ids } = await open()
    send(type, 'fails')
    await clock.settle()
    expect(told).toMatchObject({ fails: { code: 'ERR_GENPOOL_CRASHED' } })
    expect(ids()).toEqual([])
  })

  it('comes when the store has written, and not before', async () => {
    const { store, takes } = lateStore(clock)
    const { told, send, ids } = await open({}, { store })
    takes(200)
    send(type, 'a')
    await clock.advance(100)
    expect(told).toEqual({})
    await clock.advance(150)
    expect(told).toEqual({ a: 'early a' })
    expect(ids()).toEqual(['a'])
  })

  it('does not come if the store cannot write', async () => {
    const { store, takes, fails } = lateStore(clock)
    const { told, send, ids } = await open({}, { store })
    takes(50)
    fails()
    send(type, 'a')
    await clock.advance(500)
    expect(told['a']).toBeInstanceOf(Error)
    expect(ids()).toEqual([])
  })

  it('comes once if another commit came first', async () => {
    const store = createStore()
    const { told, send, ids } = await open({ size: 2 }, { store })
    send(type, 'a', 20)
    await clock.advance(5)
    send('one', 'z')
    await clock.advance(50)
    expect(told).toEqual({ z: 'early z', a: 'early a' })
    expect(ids()).toEqual(['z', 'a'])
  })

  it('does not come if its caller has left, and those behind it get theirs', async () => {
    const { told, send, leave } = await open()
    send(type, 'a', 50)
    await clock.advance(10)
    for (const id of ['b', 'c', 'd']) send(type, id)
    leave('b')
    leave('a')
    await clock.advance(100)
    const cancelled = { code: 'ERR_GENPOOL_CANCELLED', mayBeCommitted: false }
    expect(told).toMatchObject({ a: cancelled, b: cancelled, c: 'early c' })
  })

  it('is waited for after the commit, if it is a promise', async () => {
    const { told, send, ids } = await open()
    send(type, 'later')
    await clock.advance(100)
    expect([told, ids()]).toEqual([{}, ['later']])
    await clock.advance(100)
    expect(told).toEqual({ later: 'early later' })
  })
})
