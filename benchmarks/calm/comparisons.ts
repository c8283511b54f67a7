import { call, cast, definePool, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { produce } from 'immer'
import type { ActorSystemRef } from 'nact'
import { type Comparison, inFlight, perSecond, type Sides } from '../measure'
import { ofCalls, ofFastq, ofPool } from './long-queue'
import { actor, answering, dispatch, others, query, router } from './peers'

const WIDTH = 64
const MANY = 300_000
const SOME = 60_000
/** Requests that are queued at once: a batch, not an overload. */
const BATCH = 10_000
const ACCOUNTS = 20

const Trivial = definePool({
  init: () => ({ count: 0, name: 'counter' }),
  calls: {
    ask: () => reply(1),
    next: (_message, state) => reply(1, { count: state.count + 1, name: state.name }),
    recipe: () =>
      reply(1, (draft) => {
        draft.count += 1
      }),
  },
  casts: { tell: () => noReply() },
})

/** A state outside the pool, which the handler changes with immer itself. */
let own: { readonly count: number; readonly name: string } = { count: 0, name: 'counter' }
const Own = definePool({
  init: () => 0,
  calls: {
    produce: () => {
      own = produce(own, (draft) => {
        draft.count += 1
      })
      return reply(1)
    },
  },
})

const accounts = () => ({
  total: 0,
  accounts: Object.fromEntries(Array.from({ length: ACCOUNTS }, (_, i) => [`account-${i}`, { owner: i, balance: 0 }])),
})
const Bank = definePool({
  init: accounts,
  calls: {
    pay: ({ to }: { readonly to: string }) =>
      reply(1, (draft) => {
        draft.accounts[to]!.balance += 1
        draft.total += 1
      }),
  },
})

const ASK = { type: 'ask' } as const
const TELL = { type: 'tell' } as const

function pool(system: ActorSystemRef, options: PoolOptions = {}) {
  return spawnPool(system, Trivial, undefined, { size: 8, ...options })
}

/** Calls a trivial handler. */
function calls(system: ActorSystemRef, options: PoolOptions = {}, width = WIDTH): () => Promise<number> {
  const ref = pool(system, options)
  return () => inFlight(width, MANY, () => call(ref, ASK))
}

function queriesOfRouter(system: ActorSystemRef): () => Promise<number> {
  const ref = router(system)
  return () => inFlight(WIDTH, SOME, () => query(ref, ASK, 5000))
}

/** Queues a whole batch at once, `times` times. The rate covers the time until the last one is handled. */
function batches(times: number, send: () => void, last: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const start = process.hrtime.bigint()
    for (let time = 0; time < times; time++) {
      for (let i = 0; i < BATCH; i++) send()
      await last()
    }
    return perSecond(times * BATCH, start)
  }
}

function floodOfRouter(system: ActorSystemRef): () => Promise<number> {
  const ref = router(system)
  return batches(
    4,
    () => dispatch(ref, TELL),
    () => query(ref, ASK, 60_000),
  )
}

/** Runs `operation` in a plain loop, without promises. */
function loop(count: number, operation: (i: number) => void): () => Promise<number> {
  return async () => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < count; i++) operation(i)
    return perSecond(count, start)
  }
}

/** Compares `call` with each of the others. */
export const againstOthers: Readonly<Record<string, Comparison>> = Object.fromEntries(
  Object.entries(others).map(([than, set]) => {
    const slow = than === 'generic-pool' || than === 'p-queue' || than.startsWith('nact')
    const begin = async (system: ActorSystemRef): Promise<Sides> => {
      const theirs = await set(system)
      return {
        ours: calls(system, { state: 'isolated' }),
        theirs: () => inFlight(WIDTH, slow ? SOME / 2 : MANY, theirs),
      }
    }
    const bars =
      than === 'fastq.promise' ? { atLeast: 0.9, aim: 1.3, processes: 7 } : { atLeast: null, aim: null, processes: 1 }
    return [than, { title: 'call(pool), 64 in flight', than, ...bars, begin }]
  }),
)

export const comparisons: readonly Comparison[] = [
  {
    title: "nact's query(pool), 64 in flight",
    than: 'nact router',
    atLeast: 8,
    aim: 12,
    begin: (system) => {
      const ref = pool(system, { state: 'isolated' })
      return { ours: () => inFlight(WIDTH, MANY, () => query(ref, ASK, 5000)), theirs: queriesOfRouter(system) }
    },
  },
  {
    title: "nact's query(pool), plain nact function",
    than: 'nact router',
    atLeast: 6,
    aim: 8,
    begin: (system) => {
      const ref = spawnPool(system, answering as never, 'plain', { size: 8 })
      return { ours: () => inFlight(WIDTH, MANY, () => query(ref, ASK, 5000)), theirs: queriesOfRouter(system) }
    },
  },
  {
    title: 'call(pool) one at a time',
    than: "nact's query",
    atLeast: 5,
    aim: 8,
    begin: (system) => {
      const ref = actor(system)
      return {
        ours: calls(system, { state: 'isolated' }, 1),
        theirs: () => inFlight(1, SOME, () => query(ref, ASK, 5000)),
      }
    },
  },
  {
    title: 'cast(pool), 10 000 queued at once',
    than: 'nact router',
    atLeast: 12,
    aim: 20,
    begin: (system) => {
      const ref = pool(system, { state: 'isolated' })
      const send = (): unknown => cast(ref, TELL)
      return { ours: batches(40, send, () => call(ref, ASK)), theirs: floodOfRouter(system) }
    },
  },
  {
    title: "nact's dispatch(pool), 10 000 queued at once",
    than: 'nact router',
    atLeast: 8,
    aim: 12,
    begin: (system) => {
      const ref = pool(system, { state: 'isolated' })
      const send = (): void => dispatch(ref, TELL)
      return { ours: batches(40, send, () => call(ref, ASK)), theirs: floodOfRouter(system) }
    },
  },
  {
    title: 'call(pool), CoDel client queue',
    than: 'drop queue',
    atLeast: 0.85,
    aim: 0.95,
    begin: (system) => ({ ours: calls(system, { broker: { client: { type: 'codel' } } }), theirs: calls(system) }),
  },
  {
    title: 'call(pool), 1 000 members',
    than: '8 members',
    atLeast: 0.8,
    aim: 0.95,
    begin: (system) => ({ ours: calls(system, { size: 1000 }), theirs: calls(system) }),
  },
  {
    title: 'shared state, handler returns the next state',
    than: 'isolated state',
    atLeast: 0.8,
    aim: 0.95,
    begin: (system) => {
      const [shared, isolated] = [pool(system), pool(system, { state: 'isolated' })]
      return {
        ours: () => inFlight(WIDTH, MANY, () => call(shared, { type: 'next' })),
        theirs: () => inFlight(WIDTH, MANY, () => call(isolated, { type: 'next' })),
      }
    },
  },
  {
    title: `recipe: one of ${ACCOUNTS} accounts, and the total`,
    than: 'immer.produce alone',
    atLeast: 0.85,
    aim: 0.95,
    begin: (system) => {
      const ref = spawnPool(system, Bank, undefined, { size: 8 })
      const payments = Array.from({ length: ACCOUNTS }, (_, i) => ({ type: 'pay', to: `account-${i}` }) as const)
      let [paid, state] = [0, accounts()]
      return {
        ours: () => inFlight(WIDTH, SOME, () => call(ref, payments[paid++ % ACCOUNTS]!)),
        theirs: loop(SOME, (i) => {
          const { to } = payments[i % ACCOUNTS]!
          state = produce(state, (draft) => {
            draft.accounts[to]!.balance += 1
            draft.total += 1
          })
        }),
      }
    },
  },
  {
    title: 'recipe: one number in an object of 2 keys',
    than: 'immer.produce alone',
    atLeast: null,
    aim: null,
    begin: (system) => {
      const ref = pool(system)
      let state = { count: 0, name: 'counter' }
      return {
        ours: () => inFlight(WIDTH, MANY / 2, () => call(ref, { type: 'recipe' })),
        theirs: loop(MANY / 2, () => {
          state = produce(state, (draft) => {
            draft.count += 1
          })
        }),
      }
    },
  },
  {
    title: 'the same, against produce in the handler',
    than: 'immer.produce in a handler',
    atLeast: 0.85,
    aim: 0.95,
    begin: (system) => {
      const ref = pool(system)
      const other = spawnPool(system, Own, undefined, { size: 8, state: 'isolated' })
      return {
        ours: () => inFlight(WIDTH, MANY / 2, () => call(ref, { type: 'recipe' })),
        theirs: () => inFlight(WIDTH, MANY / 2, () => call(other, { type: 'produce' })),
      }
    },
  },
  {
    title: '1 000 000 casts at once, queued and served',
    than: '1 000 at once',
    atLeast: 0.8,
    aim: 0.95,
    processes: 5,
    rounds: 5,
    begin: ofPool,
  },
  {
    title: '1 000 000 calls at once',
    than: '1 000 at once',
    atLeast: null,
    aim: null,
    processes: 1,
    rounds: 3,
    begin: ofCalls,
  },
  {
    title: '1 000 000 pushes to fastq.promise at once',
    than: '1 000 at once',
    atLeast: null,
    aim: null,
    processes: 1,
    rounds: 3,
    begin: ofFastq,
  },
]
