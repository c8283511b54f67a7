import { codelValve, relativeValve } from '@genpool/broker'
import { call, configure, definePool, inspect, noReply, type PoolRef, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { type Case, recorded, type Step } from './recorded'

interface SpeedStep extends Step {
  readonly value: number
}

const MAX = 50
/** In nanoseconds. So short that any two recorded moments are further apart, unless they are one. */
const TARGET = 10
/** Long enough that the pool looks at its size only when the test has it look. */
const NEVER = 1e9

/**
 * Has a pool of elastic size live through the speeds of a recording: whether members were short (all at work), or one has been
 * idle for longer than the target. The valve, which is held against the recordings elsewhere, says when one may start.
 *
 * @returns how often members were short, and how many have started
 */
async function play(type: 'codel' | 'relative', { spec, init, steps, seed }: Case<SpeedStep>) {
  const { target = 100, interval = 1000 } = spec as { target?: number; interval?: number }
  const clock = virtualClock(init.time / NS_PER_MS)
  const system = start()
  const running: (() => void)[] = []
  const Worker = definePool({
    handleCall: async () => {
      await new Promise<void>((resolve) => running.push(resolve))
      return noReply()
    },
  })
  const bounds = { min: 1, max: MAX }
  const numbers = { target: TARGET / NS_PER_MS, ...(type === 'codel' && { interval }) }
  const size = { ...bounds, valve: { type, ...numbers }, update: NEVER } as never
  const pool = spawnPool(system, Worker, 'elastic', {
    size,
    state: 'isolated',
    timeout: Infinity,
    clock,
  }) as never as PoolRef
  await clock.settle()
  const make = type === 'codel' ? codelValve : relativeValve
  const valve = make<number>({ ...bounds, ...numbers }, init.time, [0])
  // At the start all members are at work, as there are none.
  valve.update(0, init.time)
  const seen = { short: 0, started: 0 }
  for (const [index, { op, time, value }] of steps.entries()) {
    // At one moment members cannot be short and spare.
    if (op !== 'update' || time - clock.now() <= TARGET) continue
    const short = value < target * NS_PER_MS
    if (!short && inspect(pool).members.idle === 0) running.shift()?.()
    await clock.advance((time - clock.now()) / NS_PER_MS)
    for (let { idle } = inspect(pool).members; short && idle > 0; idle--)
      void call(pool, 'work' as never).catch(() => undefined)
    await clock.settle()
    const before = inspect(pool).size
    configure(pool, { size: { idle: NEVER + index } })
    valve.update(short ? 0 : TARGET, time)
    const started = inspect(pool).size - before
    const at = `seed ${seed}, step ${index}`
    expect({ at, started }).toEqual({ at, started: valve.status.open && valve.size < MAX ? 1 : 0 })
    if (started === 1) valve.ask(++seen.started, time)
    if (short) seen.short++
    await clock.settle()
  }
  stop(system)
  await clock.settle()
  return seen
}

describe('a pool of elastic size, against the recorded speeds', () => {
  it.each([
    ['codel', { short: 1376, started: 632 }],
    ['relative', { short: 1354, started: 1354 }],
  ] as const)('starts a member whenever the %s valve lets one in', async (type, expected) => {
    const all = { short: 0, started: 0 }
    for (const recording of recorded<SpeedStep>(`${type}_valve`)) {
      const { short, started } = await play(type, recording)
      all.short += short
      all.started += started
    }
    expect(all).toEqual(expected)
  })
})
