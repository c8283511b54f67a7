import { definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

export interface Item {
  readonly type: 'work'
  readonly n: number
  readonly ms?: number
  readonly fails?: boolean
}
export const spawned = (options: PoolOptions = {}) => {
  const seen = { begun: [] as number[], running: 0, most: 0, cancelled: [] as number[] }
  const Work = definePool({
    init: () => 0,
    calls: {
      work: async ({ n, ms = 10, fails = false }: Omit<Item, 'type'>, _state, ctx) => {
        seen.begun.push(n)
        seen.most = Math.max(seen.most, ++seen.running)
        ctx.signal.addEventListener('abort', () => seen.cancelled.push(n))
        await clock.wait(ms)
        seen.running--
        if (fails) throw new Error(`item ${n}`)
        return reply(n * 2)
      },
    },
  })
  return {
    seen,
    pool: spawnPool(system, Work, `pool${Math.random()}`, { size: 3, clock, timeout: Infinity, ...options }),
  }
}
export const item = (n: number, rest: Partial<Item> = {}): Item => ({ type: 'work', n, ...rest })
/** A source that says what was taken, and whether it was closed. */
export const watchedSource = (items: readonly Item[]) => {
  const source = { taken: 0, closed: false, items: [Symbol.iterator] as unknown as Iterable<Item> }
  source.items = (function* () {
    try {
      for (const each of items) {
        source.taken++
        yield each
      }
    } finally {
      source.closed = true
    }
  })()
  return source
}
/** Runs on virtual time until the promise has settled. */
export const settled = async <T>(promise: Promise<T>, ms = 1000): Promise<T | { code?: string; message: string }> => {
  const caught = promise.catch((error: Error) => error)
  await clock.advance(ms)
  return caught
}
export const many = (count: number, rest: (n: number) => Partial<Item> = () => ({})): Item[] =>
  Array.from({ length: count }, (_, n) => item(n, rest(n)))
