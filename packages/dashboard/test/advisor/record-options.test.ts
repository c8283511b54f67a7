import { spawnBroker } from '@genpool/broker'
import {
  call,
  cast,
  definePool,
  inspect,
  noReply,
  type PoolOptions,
  poolOptions,
  reply,
  resume,
  spawnPool,
} from '@genpool/core'
import { readTrace, recordTrace } from '@genpool/dashboard'
import { virtualClock } from '@genpool/runtime/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
let folder: string
beforeEach(() => {
  system = start()
  folder = mkdtempSync(join(tmpdir(), 'genpool-beside-'))
})
afterEach(() => {
  stop(system)
  rmSync(folder, { recursive: true })
})

/** Each option of a pool, with values that change what becomes of requests. */
const beside: Record<keyof PoolOptions, () => readonly unknown[]> = {
  size: () => [1, 3, { min: 1, max: 3 }],
  concurrency: () => [1, { type: 'gradient' }],
  rate: () => [
    { limit: 2, interval: 100 },
    { limit: 3, by: 'user' },
  ],
  limits: () => [
    { by: 'user', concurrency: 1 },
    { by: 'user', concurrency: 1, max: 1 },
  ],
  paused: () => [true],
  breaker: () => [true, { failures: 1 }],
  throttle: () => [true],
  state: () => ['isolated', { type: 'shared', commit: 'exclusive' }],
  broker: () => [
    { client: { max: 2 } },
    { client: { type: 'fair', by: { property: 'user' } } },
    { client: { type: 'codel', target: 5, interval: 20 } },
    { budget: false },
    spawnBroker(system),
  ],
  timeout: () => [60, Infinity],
  restart: () => [{ intensity: 1, within: 1000 }, { intensity: Infinity }],
  retryOnCrash: () => [{ go: 1 }, { go: 0 }],
  poisonAfter: () => [1],
  terminateTimeout: () => [10],
  stuckAfter: () => [40],
  recycle: () => [{ afterMessages: 1 }],
  alarm: () => [true],
  callerContext: () => [false],
  onDrop: () => [() => undefined],
  onCallbackError: () => [() => undefined],
  clock: () => [],
  random: () => [() => 0.25],
}
const cases = Object.keys(beside) as (keyof PoolOptions)[]

describe('recordTrace', () => {
  it('is looked at beside each option of a pool', () => {
    expect(cases.sort()).toEqual(Object.keys(poolOptions.shape).sort())
  })

  it.each(cases)('writes each request once, with its outcome, beside the option %s', async (option) => {
    for (const [i, value] of beside[option]().entries()) {
      const clock = virtualClock()
      const Work = definePool({
        init: () => ({ n: 0 }),
        calls: {
          go: async ({ ms, fails }: { ms: number; user: string; fails?: boolean }, _state, ctx) => {
            await clock.wait(ms)
            if (fails === true && ctx.attempt === 1) throw new Error('unlucky')
            return reply('done', (draft) => void (draft.n += 1))
          },
        },
        casts: { note: (_message: object) => noReply() },
      })
      const name = `${option}-${i}`
      const given = { size: 2, clock, timeout: 5000, onDrop: () => undefined, [option]: value }
      const pool = spawnPool(system, Work, name, given as never) as never
      const file = join(folder, `${name}.jsonl`)
      const recording = await recordTrace(pool, file, { clock })
      await clock.settle()
      const controller = new AbortController()
      const asked: Promise<unknown>[] = []
      for (let n = 0; n < 12; n++) {
        const message = { type: 'go', ms: 10 * (n % 5), user: `user ${n % 3}`, fails: n % 4 === 3 }
        const options = n === 7 ? { signal: controller.signal } : n === 8 ? { key: 'k', priority: 2 } : {}
        asked.push(Promise.resolve(call(pool, message as never, options as never)).catch(() => undefined))
        cast(pool, { type: 'note', user: `user ${n % 3}` } as never)
        await clock.advance(3)
      }
      controller.abort()
      await clock.advance(100)
      if (option === 'paused') resume(pool)
      await clock.advance(20_000)
      await Promise.all(asked)
      await recording.stop()
      const counted = Object.entries(inspect(pool).outcomes as Record<string, number>).filter(([, times]) => times > 0)
      const written: Record<string, number> = {}
      for (const { outcome } of readTrace(file).requests) written[outcome] = (written[outcome] ?? 0) + 1
      expect([value, written]).toEqual([value, Object.fromEntries(counted)])
      expect(Object.values(written).reduce((sum, times) => sum + times, 0)).toBe(24)
      stop(pool)
    }
  })
})
