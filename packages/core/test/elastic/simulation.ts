import { call, definePool, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'

/** A load on a pool, in virtual time. */
export interface Scenario {
  /** How long it lasts, in milliseconds. */
  readonly lasts: number
  /** How many requests come each second at this time. */
  readonly rate: (ms: number) => number
  /** How long the handler takes, in milliseconds. */
  readonly service: number
  readonly options: PoolOptions
  /** Opens what a member works with; throws or is slow as the scenario wants. */
  readonly open?: (clock: VirtualClock) => unknown
}

/** A pool at one moment. */
export interface Moment {
  readonly ms: number
  readonly rate: number
  readonly size: number
  readonly busy: number
  readonly waiting: number
}

export interface Course {
  readonly moments: readonly Moment[]
  /** Of each request that was served: when it came, and how long it took beyond its service. */
  readonly waits: readonly { readonly ms: number; readonly waited: number }[]
  readonly failures: readonly unknown[]
  /** When each member began to start. */
  readonly starts: readonly number[]
  /** How many members have started, and how many of them were told to end. */
  readonly opened: number
  readonly closed: number
}

/** Numbers in [0, 1) that are the same each time. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** How often the pool is looked at, in milliseconds. */
const STEP = 50

/** Runs a real pool under a load of random arrivals (Poisson), the same each time. */
export async function simulate(scenario: Scenario): Promise<Course> {
  const clock = virtualClock()
  const nowMs = (): number => clock.now() / NS_PER_MS
  const counts = { opened: 0, closed: 0 }
  const starts: number[] = []
  const Worker = definePool({
    init: async () => {
      starts.push(nowMs())
      await scenario.open?.(clock)
      counts.opened++
      return {}
    },
    calls: {
      work: async () => {
        await clock.wait(scenario.service)
        return reply(true)
      },
    },
    terminate: () => void counts.closed++,
  })
  const system = start()
  const pool = spawnPool(system, Worker, 'simulated', { state: 'isolated', clock, ...scenario.options })
  const moments: Moment[] = []
  const waits: { ms: number; waited: number }[] = []
  const failures: unknown[] = []
  const ask = (): void => {
    const ms = nowMs()
    void call(pool, { type: 'work' }).then(
      () => waits.push({ ms, waited: nowMs() - ms - scenario.service }),
      (error: unknown) => failures.push(error),
    )
  }
  const random = numbers(7)
  const arrive = (): void => {
    const gap = (-Math.log(1 - random()) / Math.max(scenario.rate(nowMs()), 1e-6)) * 1000
    // A rate may change meanwhile: a long gap is taken in steps, which changes nothing for a process without memory.
    clock.setTimer(clock.now() + Math.min(gap, STEP) * NS_PER_MS, () => {
      if (nowMs() >= scenario.lasts) return
      if (gap <= STEP) ask()
      arrive()
    })
  }
  arrive()
  for (let ms = 0; ms < scenario.lasts; ms += STEP) {
    await clock.advance(STEP)
    const { size, members, waiting } = inspect(pool)
    moments.push({ ms: ms + STEP, rate: scenario.rate(ms), size, busy: members.busy, waiting })
  }
  await clock.advance(10_000)
  stop(system)
  await clock.advance(100)
  return { moments, waits, failures, starts, ...counts }
}

/** A calm of 50 requests a second with bursts of 500, which ten members can serve. */
export const bursts: Scenario = {
  lasts: 24_000,
  rate: (ms) => (ms % 12_000 >= 3000 && ms % 12_000 < 7000 ? 500 : 50),
  service: 20,
  options: { size: { min: 1, max: 20, idle: 1000 } },
}

/** A day in a minute: from 20 to 420 requests a second and back. */
export const day: Scenario = {
  lasts: 60_000,
  rate: (ms) => 220 - 200 * Math.cos((2 * Math.PI * ms) / 60_000),
  service: 20,
  options: { size: { min: 1, max: 20, idle: 2000 } },
}
