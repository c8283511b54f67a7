import { call, definePool, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { numbers } from '../elastic/simulation'

/** A backend that serves so many requests side by side; what comes beyond that makes all of them slower. */
export interface Backend {
  /** How long the simulation lasts, in milliseconds. */
  readonly lasts: number
  /** How many requests come each second. */
  readonly rate: number
  /** How long the backend takes while it has room, in milliseconds. */
  readonly service: number
  /** For how many it has room at this time. */
  readonly capacity: (ms: number) => number
  /** By how much each one beyond the capacity slows down all: locks, caches, connections. */
  readonly friction: number
}

export interface Served {
  /** When each request was answered that was answered in time. */
  readonly answers: readonly number[]
  /** The limit, each 100 ms. */
  readonly limits: readonly { readonly ms: number; readonly limit: number; readonly floorMs: number }[]
}

/** Requests are given up after so long. */
const PATIENCE = 500

/** Has a real pool of 24 members send a backend what comes to it, the same each time. */
export async function serve(backend: Backend, options: PoolOptions): Promise<Served> {
  const clock = virtualClock()
  const random = numbers(11)
  const nowMs = (): number => clock.now() / NS_PER_MS
  let inside = 0
  const Caller = definePool({
    calls: {
      ask: async () => {
        const capacity = backend.capacity(nowMs())
        const crowd = Math.max(0, ++inside - capacity)
        // Not all are alike: half to one and a half times the service time.
        const own = backend.service * (0.5 + random())
        await clock.wait(own * Math.max(1, inside / capacity) * (1 + backend.friction * crowd))
        inside--
        return reply(true)
      },
    },
  })
  const system = start()
  const pool = spawnPool(system, Caller, 'caller', { size: 24, timeout: PATIENCE, clock, ...options })
  const answers: number[] = []
  const arrive = (): void => {
    const gap = (-Math.log(1 - random()) / backend.rate) * 1000
    clock.setTimer(clock.now() + gap * NS_PER_MS, () => {
      if (nowMs() >= backend.lasts) return
      void call(pool, { type: 'ask' }).then(
        () => answers.push(nowMs()),
        () => undefined,
      )
      arrive()
    })
  }
  arrive()
  const limits: { ms: number; limit: number; floorMs: number }[] = []
  for (let ms = 0; ms < backend.lasts; ms += 100) {
    await clock.advance(100)
    const { limit, floorMs } = inspect(pool).concurrency ?? { limit: Infinity, floorMs: 0 }
    limits.push({ ms: nowMs(), limit, floorMs })
  }
  stop(system)
  await clock.advance(1000)
  return { answers, limits }
}

/** Room for six, then for three, then for six again. One fourth more comes than it can serve at its best. */
export const halved: Backend = {
  lasts: 36_000,
  rate: 250,
  service: 30,
  capacity: (ms) => (ms >= 12_000 && ms < 24_000 ? 3 : 6),
  friction: 0.03,
}
