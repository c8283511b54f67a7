import { call, cast, drain, getState, idle, inspect, ready, resize, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import type Chaos from './fixtures/chaos'
import { system } from './fixtures/quiet-system'

const file = join(__dirname, 'fixtures', 'chaos.ts')
/** How long each round lasts, in milliseconds: a moment here, minutes in a soak (GENPOOL_CHAOS_MS). */
const LASTS = Number(process.env['GENPOOL_CHAOS_MS'] ?? 1500)
const TYPES = ['quick', 'quick', 'quick', 'reading', 'slow', 'holding'] as const
/** A thread whose heap is larger, in MB, gives way to another one, in the middle of all this. */
const HEAP = 100

function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % below
  }
}

/** What a caller was told of a message. */
interface Told {
  readonly code: string
  readonly committed: boolean
}

describe.each(['shared', 'isolated'] as const)(
  'a pool of threads that are killed at random, with a %s state',
  (type) => {
    it.each([1, 2])(
      'gives each call one outcome, which is true, and leaves nothing behind (seed %d)',
      async (seed) => {
        const random = randomOf(seed)
        const restart = { intensity: 100_000, backoff: { min: 1, max: 5 } }
        const broker = { client: { type: 'drop', max: 400 } } as const
        const recycle = { afterHeapMb: HEAP, jitter: 0 }
        const options = { size: 2, state: type, restart, broker, recycle, poisonAfter: 1_000_000 }
        const pool = spawnPool(system, threads<typeof Chaos>(file, { spare: 1 }), 'chaos', options as never)
        await ready(pool)
        const told = new Map<number, Told>()
        let twice = 0
        let sent = 0
        let castsSent = 0
        const tell = (id: number, outcome: Told): void => {
          if (told.has(id)) twice++
          told.set(id, outcome)
        }
        const begin = (): void => {
          const id = sent++
          const us = random(300)
          const dies = random(150) === 0
          const controller = new AbortController()
          const grows = random(60) === 0
          const message = { type: dies ? 'dying' : grows ? 'growing' : TYPES[random(TYPES.length)], id, us } as {
            type: 'quick'
            id: number
            us: number
          }
          const timeout = random(20) === 0 ? 1 + random(10) : 30_000
          void call(pool, message, { signal: controller.signal, timeout }).then(
            (value) => tell(id, { code: value === id ? 'answered' : 'wrong', committed: true }),
            (error: { code: string; committed?: boolean }) =>
              tell(id, { code: error.code, committed: error.committed === true }),
          )
          if (random(25) === 0) setImmediate(() => controller.abort())
        }
        const end = performance.now() + LASTS
        while (performance.now() < end) {
          for (let i = random(40); i > 0; i--) begin()
          if (random(10) === 0 && cast(pool, { type: 'cast', id: 1_000_000 + castsSent, us: 0 }).ok) castsSent++
          if (random(60) === 0) resize(pool, 1 + random(3))
          await new Promise((resolve) => setTimeout(resolve, random(4)))
        }
        resize(pool, 2)
        await idle(pool)
        expect(told.size).toBe(sent)
        expect(twice).toBe(0)
        const of = (code: string): number[] => [...told].flatMap(([id, outcome]) => (outcome.code === code ? [id] : []))
        expect(of('wrong')).toEqual([])
        expect(of('answered').length).toBeGreaterThan(0)
        if (type === 'shared') {
          const { done, n } = getState(pool)
          const committed = Object.keys(done).map(Number)
          expect(committed).toHaveLength(n)
          // Exactly what was answered, and what is said to be committed, is there.
          const calls = committed.filter((id) => id < 1_000_000)
          const should = [...told].flatMap(([id, outcome]) => (outcome.committed ? [id] : []))
          expect(calls.sort((a, b) => a - b)).toEqual(should.sort((a, b) => a - b))
          expect(n - calls.length).toBeLessThanOrEqual(castsSent)
        }
        expect(inspect(pool)).toMatchObject({ waiting: 0, members: { busy: 0 } })
        await drain(pool)
      },
      LASTS * 3 + 60_000,
    )
  },
)
