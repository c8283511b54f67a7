import {
  call,
  configure,
  definePool,
  type DropReason,
  inspect,
  type PoolOptions,
  reply,
  spawnPool,
} from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { numbers } from '../elastic/simulation'

interface Refused {
  readonly reason: DropReason
  readonly waitedMs: number
  readonly retryAfterMs: number
  /** When it was sent, and when its caller was told, in milliseconds. */
  readonly sentAt: number
  readonly toldAt: number
}

/** Two members of 10 ms each, and twice as many requests as they can serve, for so long. */
async function flood(admission: NonNullable<PoolOptions['broker']>, forMs: number) {
  const clock = virtualClock()
  const nowMs = (): number => clock.now() / NS_PER_MS
  const system = start()
  const Worker = definePool({
    calls: {
      work: async () => {
        await clock.wait(10)
        return reply(true)
      },
    },
  })
  const pool = spawnPool(system, Worker, 'flooded', { size: 2, clock, random: numbers(3), broker: admission })
  const refused: Refused[] = []
  const waits: number[] = []
  const run = async (ms: number): Promise<void> => {
    for (const end = nowMs() + ms; nowMs() < end; await clock.advance(2.5)) {
      const sentAt = nowMs()
      void call(pool, { type: 'work' }).then(
        () => waits.push(nowMs() - sentAt - 10),
        (error: Refused) => refused.push({ ...error, sentAt, toldAt: nowMs() }),
      )
    }
  }
  await run(forMs)
  return { pool, refused, waits, run, end: () => stop(system) }
}

describe('the admission of a pool', () => {
  it('by forecast: refuses at once with a time to retry, and keeps the other waits short', async () => {
    const { pool, refused, waits, end } = await flood(
      { admission: { type: 'forecast', target: 50, interval: 200 } },
      3000,
    )
    expect(refused.length).toBeGreaterThan(400)
    for (const { reason, waitedMs, retryAfterMs, sentAt, toldAt } of refused) {
      expect([reason, waitedMs]).toEqual(['forecast', 0])
      expect(toldAt).toBeLessThanOrEqual(sentAt + 2.5)
      expect(retryAfterMs).toBeGreaterThan(0)
    }
    // All that the members could do was done, and nobody waited longer than the bound of four times the target.
    expect(waits.length).toBeGreaterThan(0.95 * 600)
    expect(Math.max(...waits)).toBeLessThanOrEqual(220)
    expect(inspect(pool).drops).toEqual({ forecast: refused.length })
    end()
  })

  it('by PIE: refuses a random share, with the time of the next update as the time to retry', async () => {
    const { refused, waits, end } = await flood(
      { admission: { type: 'pie', target: 50, interval: 200, update: 50 }, client: { order: 'fifo', type: 'drop' } },
      20_000,
    )
    expect(refused.length).toBeGreaterThan(1000)
    for (const { reason, waitedMs, retryAfterMs, sentAt, toldAt } of refused) {
      expect([reason, waitedMs]).toEqual(['protector', 0])
      expect(toldAt).toBeLessThanOrEqual(sentAt + 2.5)
      expect(retryAfterMs).toBeGreaterThan(0)
    }
    expect(Math.max(...refused.map(({ retryAfterMs }) => retryAfterMs))).toBeGreaterThan(50)
    expect(waits.length).toBeGreaterThan(0.95 * 4000)
    const late = waits.slice(-500)
    expect(late.reduce((sum, wait) => sum + wait, 0) / late.length).toBeLessThan(100)
    end()
  })

  it('is off by default, and can be changed while requests wait', async () => {
    const { pool, refused, run, end } = await flood({}, 1000)
    expect(refused).toEqual([])
    const { waiting } = inspect(pool)
    expect(waiting).toBeGreaterThan(150)
    configure(pool, { broker: { admission: { type: 'forecast', target: 20, interval: 50 } } })
    expect(inspect(pool).waiting).toBe(waiting)
    await run(500)
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['forecast']))
    const { length } = refused
    configure(pool, { broker: { admission: { target: 1e6 } } })
    await run(500)
    expect(refused).toHaveLength(length)
    configure(pool, { broker: { admission: { type: 'pie', target: 1, interval: 1, update: 1, min: 5, max: 5 } } })
    await run(100)
    expect(refused.length).toBeGreaterThan(length)
    expect(refused.at(-1)!.reason).toBe('protector')
    configure(pool, { broker: { admission: 'none' } })
    const before = refused.length
    await run(100)
    expect(refused).toHaveLength(before)
    end()
  })
})
