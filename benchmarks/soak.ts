import { spawnSync } from 'node:child_process'
import { call, definePool, inspect, isGenPoolError, reply, spawnPool } from '@genpool/core'
import Table from 'cli-table3'
import { start, stop } from 'nact'

/**
 * Sends two million requests, unless you give another number. Of each hundred, one crashes, one is aborted and one times
 * out. Every request must get its outcome, and the heap must not grow.
 *
 *     node -r ts-node/register benchmarks/soak.ts [requests]
 */
const TOTAL = Number(process.argv[2] ?? 2_000_000)
const WIDTH = 256
const TENTHS = 10
/** By which share the heap may be larger in the last tenth than in the second. The first tenth warms up. */
const GROWTH = 0.05

type Fate = 'answered' | 'crashed' | 'cancelled' | 'expired' | 'dropped' | 'other'

const collect = (globalThis as unknown as { gc?: () => void }).gc

/** How request number `n` should end. */
function plan(n: number): 'crash' | 'abort' | 'timeout' | 'answer' {
  const last = n % 100
  return last === 0 ? 'crash' : last === 33 ? 'abort' : last === 66 ? 'timeout' : 'answer'
}

async function soak(): Promise<boolean> {
  const unhandled: unknown[] = []
  process.on('unhandledRejection', (reason) => unhandled.push(reason))
  const Worker = definePool({
    init: () => ({ handled: 0 }),
    calls: {
      work: (msg: { how: string }, _state, ctx) => {
        if (msg.how === 'crash') throw new Error('crash')
        if (msg.how === 'answer') {
          return reply(1, (draft) => {
            draft.handled += 1
          })
        }
        // Runs until its caller gives up.
        return new Promise<never>((_resolve, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error))
        })
      },
    },
  })
  const system = start()
  const pool = spawnPool(system, Worker, 'soak', { size: 64 })
  const fates: Record<Fate, number> = { answered: 0, crashed: 0, cancelled: 0, expired: 0, dropped: 0, other: 0 }
  const heaps: number[] = []
  let sent = 0

  const one = async (): Promise<void> => {
    const how = plan(sent++)
    const controller = how === 'abort' ? new AbortController() : undefined
    const options = {
      timeout: how === 'timeout' ? 5 : 60_000,
      ...(controller === undefined ? {} : { signal: controller.signal }),
    }
    const answer = call(pool, { type: 'work', how }, options)
    if (controller !== undefined) setImmediate(() => controller.abort())
    fates[await answer.then(() => 'answered' as const, fateOf)]++
  }
  for (let tenth = 0; tenth < TENTHS; tenth++) {
    const until = Math.round((TOTAL * (tenth + 1)) / TENTHS)
    await Promise.all(
      Array.from({ length: WIDTH }, async () => {
        while (sent < until) await one()
      }),
    )
    collect?.()
    heaps.push(process.memoryUsage().heapUsed / 2 ** 20)
  }
  await new Promise((resolve) => setImmediate(resolve))
  const { outcomes, accepted, waiting, late } = inspect(pool)
  const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
  stop(system)
  return report({ fates, heaps, sent, accepted, settled, left: waiting + late, unhandled: unhandled.length })
}

function fateOf(error: unknown): Fate {
  if (isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) return 'crashed'
  if (isGenPoolError(error, 'ERR_GENPOOL_CANCELLED')) return 'cancelled'
  // Some requests with a timeout of 5 ms never start: too little time is left (reason "budget").
  if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) return 'dropped'
  return isGenPoolError(error, 'ERR_GENPOOL_EXPIRED') ? 'expired' : 'other'
}

interface Result {
  readonly fates: Readonly<Record<Fate, number>>
  readonly heaps: readonly number[]
  readonly sent: number
  readonly accepted: number
  readonly settled: number
  readonly left: number
  readonly unhandled: number
}

/** Prints the results. Returns whether all of them are right. */
function report({ fates, heaps, sent, accepted, settled, left, unhandled }: Result): boolean {
  const growth = heaps.at(-1)! / heaps[1]! - 1
  const percent = `${(growth * 100).toFixed(1)} %`
  const sum = Object.values(fates).reduce((total, count) => total + count, 0)
  const checks: [string, string, boolean][] = [
    ['requests sent', sent.toLocaleString('en'), true],
    ['callers with an outcome', sum.toLocaleString('en'), sum === sent],
    ['accepted and settled by the pool', `${accepted} / ${settled}`, accepted === sent && settled === sent],
    ['answered', fates.answered.toLocaleString('en'), fates.answered > 0.96 * sent],
    [
      'crashed, cancelled, expired or dropped',
      `${fates.crashed}, ${fates.cancelled}, ${fates.expired + fates.dropped}`,
      fates.other === 0,
    ],
    ['left behind', String(left), left === 0],
    ['unhandled rejections', String(unhandled), unhandled === 0],
    ['heap, by tenths (MB)', heaps.map((heap) => heap.toFixed(1)).join(' '), true],
    ['last tenth against the second', percent, collect === undefined || growth <= GROWTH],
  ]
  const table = new Table({ style: { head: [], border: [] } })
  for (const [what, value, right] of checks) table.push([what, value, right ? 'ok' : 'WRONG'])
  console.log(table.toString())
  return checks.every(([, , right]) => right)
}

/** Starts this file again with `--expose-gc`: heaps can only be compared after a garbage collection. */
function again(): number {
  const args = ['--expose-gc', '-r', 'ts-node/register', __filename, ...process.argv.slice(2)]
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}

if (collect === undefined) process.exit(again())
else void soak().then((right) => process.exit(right ? 0 : 1))
