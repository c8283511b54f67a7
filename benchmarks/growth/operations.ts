import {
  broadcast,
  call,
  definePool,
  drain,
  type PoolOptions,
  type PoolRef,
  reply,
  resize,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { type ActorSystemRef, start, stop } from 'nact'

/** Which plot shows it. */
export type Group = 'calls' | 'members and pools' | 'watchers and cells'

/** One operation whose time should grow no faster than n log n. */
export interface Operation {
  readonly title: string
  readonly group: Group
  /** The largest n. */
  readonly most: 100_000 | 1_000_000
  /** Prepares the operation for `n`, and returns what is measured. */
  prepare(system: ActorSystemRef, n: number): (() => unknown) | Promise<() => unknown>
}

const Trivial = definePool({
  init: () => ({ count: 0 }),
  calls: { ask: () => reply(1) },
  handleInfo: () => undefined,
  terminate: () => undefined,
})
const Keyed = definePool({ calls: { ask: ({ user }: { user: number }) => reply(user) } })
const times = (n: number): readonly number[] => [...Array(n).keys()]

function pool(system: ActorSystemRef, size: number): PoolRef {
  return spawnPool(system, Trivial, undefined, { size }) as PoolRef
}

/** `n` calls at once, with options of each. */
function calls(title: string, optionsOf: (i: number, n: number) => object): Operation {
  return {
    title,
    group: 'calls',
    most: 1_000_000,
    prepare(system, n) {
      const one = spawnPool(system, Trivial, undefined, { size: 8 })
      return () =>
        Promise.all(times(n).map((i) => call(one, { type: 'ask' }, { timeout: Infinity, ...optionsOf(i, n) })))
    },
  }
}

/** `n` calls at once, each of the key that `keyOf` says, in a pool that limits each key. */
function limitedCalls(title: string, options: PoolOptions, keyOf: (i: number) => number): Operation {
  return {
    title,
    group: 'calls',
    most: 1_000_000,
    prepare(system, n) {
      const one = spawnPool(system, Keyed, undefined, { size: 8, ...options })
      return () => Promise.all(times(n).map((i) => call(one, { type: 'ask', user: keyOf(i) }, { timeout: Infinity })))
    },
  }
}

export const operations: readonly Operation[] = [
  calls('n calls wait and are served', () => ({})),
  calls('n calls with n priorities', (i, n) => ({ priority: (i * 7919) % n })),
  calls('n calls with n keys', (i) => ({ key: i })),
  calls('n calls with one key', () => ({ key: 'one' })),
  limitedCalls('n calls of n keys, limits per key', { limits: { by: 'user', concurrency: 1 } }, (i) => i),
  // Of each key, one waits until the other is a millisecond old.
  limitedCalls(
    'n calls, 2 of each key, one a millisecond',
    { rate: { by: 'user', limit: 1, interval: 1 } },
    (i) => i >> 1,
  ),
  {
    title: 'n calls with one AbortSignal',
    group: 'calls',
    most: 1_000_000,
    prepare(system, n) {
      const one = spawnPool(system, Trivial, undefined, { size: 8 })
      const { signal } = new AbortController()
      return () => Promise.all(times(n).map(() => call(one, { type: 'ask' }, { timeout: Infinity, signal })))
    },
  },
  {
    title: 'n waiting calls are aborted',
    group: 'calls',
    most: 1_000_000,
    async prepare(system, n) {
      const none = spawnPool(system, Trivial, undefined, { size: 1 })
      const controller = new AbortController()
      resize(none, 1)
      const all = Promise.allSettled(
        times(n).map(() => call(none, { type: 'ask' }, { timeout: Infinity, signal: controller.signal })),
      )
      return () => {
        controller.abort()
        return all
      }
    },
  },
  {
    title: 'n members start',
    group: 'members and pools',
    most: 100_000,
    prepare: (system, n) => () => pool(system, n),
  },
  {
    title: 'n members stop',
    group: 'members and pools',
    most: 100_000,
    prepare(system, n) {
      const one = pool(system, n)
      return () => drain(one)
    },
  },
  {
    title: 'resize to n and back',
    group: 'members and pools',
    most: 100_000,
    prepare(system, n) {
      const one = pool(system, 1)
      return () => {
        resize(one, n)
        resize(one, 1)
      }
    },
  },
  {
    title: 'broadcast to n members',
    group: 'members and pools',
    most: 100_000,
    prepare(system, n) {
      const one = pool(system, n)
      return async () => {
        broadcast(one, 'hello')
        await call(one as never, { type: 'ask' } as never)
      }
    },
  },
  {
    title: 'n pools start, answer and stop',
    group: 'members and pools',
    most: 100_000,
    prepare(_system, n) {
      const own = start({ name: `many-${n}` } as never)
      return async () => {
        const pools = times(n).map(() => spawnPool(own, Trivial, undefined, { size: 1 }))
        await Promise.all(pools.map((each) => call(each, { type: 'ask' }, { timeout: Infinity })))
        stop(own)
      }
    },
  },
  {
    title: 'n watchers of dead letters come and go',
    group: 'watchers and cells',
    most: 1_000_000,
    prepare(system, n) {
      const one = pool(system, 1)
      return () => {
        const off = times(n).map(() => watchDeadLetters(one, () => undefined))
        for (const each of off) each()
      }
    },
  },
  {
    title: 'n watchers of a cell, one commit',
    group: 'watchers and cells',
    most: 1_000_000,
    prepare(_system, n) {
      const cell = createStore({ name: 'growth' }).cell('cell', { initial: () => 0 })
      return () => {
        const off = times(n).map(() => cell.watch(() => undefined))
        cell.compareAndSet(0, 1)
        for (const each of off) each()
      }
    },
  },
  {
    title: 'n cells of one store',
    group: 'watchers and cells',
    most: 1_000_000,
    prepare(_system, n) {
      const store = createStore({ name: 'growth' })
      return () => {
        for (const i of times(n)) store.cell(i, { initial: () => 0 }).compareAndSet(0, 1)
      }
    },
  },
]
