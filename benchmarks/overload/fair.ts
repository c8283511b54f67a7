import { call, definePool, reply, spawnPool } from '@genpool/core'
import type { ActorSystemRef } from 'nact'
import { median, percentile, type Row } from '../measure'
import { arrivals } from './flood'
import { SECONDS, SERVICE_MS, sleep } from './servers'

const ROUNDS = 5

/** Compares a quiet tenant beside one that sends fifty times as much with the quiet tenant alone. */
export async function fairRow(system: ActorSystemRef, perSecond: number): Promise<Row> {
  const Service = definePool({
    init: () => 0,
    calls: {
      serve: async (_message: { tenant: string }) => {
        // Timers of equal length fall into step: all eight members would become free at once, and then none for 10 ms.
        // Real services vary.
        await sleep(Math.round(SERVICE_MS * (0.8 + 0.4 * Math.random())))
        return reply(1)
      },
    },
  })
  const spawnFair = (name: string) =>
    spawnPool(system, Service, name, {
      size: 8,
      broker: { client: { type: 'fair', by: { property: 'tenant' }, queue: { type: 'drop', max: 100 } } },
    })
  const share = perSecond / 10
  const quiet = async (pool: ReturnType<typeof spawnFair>): Promise<number> => {
    const waits: Promise<number>[] = []
    await arrivals(share, SECONDS, () => waits.push(timed(() => call(pool, { type: 'serve', tenant: 'quiet' }))))
    return percentile(await Promise.all(waits), 0.99)
  }
  const besideLoud = async (pool: ReturnType<typeof spawnFair>): Promise<number> => {
    const loud = arrivals(50 * share, SECONDS, () => {
      call(pool, { type: 'serve', tenant: 'loud' }).catch(() => undefined)
    })
    const p99 = await quiet(pool)
    await loud
    return p99
  }
  // Of about 300 requests, only three are above the 99th percentile: one round would say little.
  const rounds: { alone: number; beside: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await quiet(spawnFair(`fair-alone-${round}`))
    rounds.push({ alone, beside: await besideLoud(spawnFair(`fair-beside-${round}`)) })
  }
  const [alone, beside] = [median(rounds.map((round) => round.alone)), median(rounds.map((round) => round.beside))]
  return {
    title: 'fair queue: p99 of a quiet tenant beside a loud one',
    value: median(rounds.map((round) => round.beside / round.alone)),
    unit: '×',
    atLeast: 2,
    aim: 1.2,
    better: 'less',
    detail: `alone ${alone.toFixed(1)} ms, beside ${beside.toFixed(1)} ms`,
  }
}

async function timed(operation: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await operation()
  return performance.now() - start
}
