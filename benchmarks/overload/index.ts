import { call, definePool, type PoolOptions, type PoolRef, reply, spawnPool } from '@genpool/core'
import fastq from 'fastq'
import { type ActorSystemRef, spawn, start, stop } from 'nact'
import { dispatch, query } from '../calm/peers'
import { median, percentile, type Row } from '../measure'
import { arrivals, flood, type Result } from './flood'

const SERVICE_MS = 10
const PATIENCE_MS = 500
const SECONDS = 4
const FAIR_ROUNDS = 5

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Something to flood, and what its handlers have counted. */
interface Server {
  readonly name: string
  readonly send: (patience: number) => Promise<unknown>
  readonly count: { wasted: number; finished: number }
}

/** Works for about 10 ms, and counts the runs whose caller had gone. */
const serve = async (count: Server['count'], until: number): Promise<void> => {
  await sleep(SERVICE_MS)
  count.finished++
  if (performance.now() > until + 5) count.wasted++
}

function poolServer(system: ActorSystemRef, name: string, options: PoolOptions): Server {
  const count = { wasted: 0, finished: 0 }
  const Service = definePool({
    init: () => 0,
    calls: {
      serve: async (message: { until: number }) => {
        await serve(count, message.until)
        return reply(1)
      },
    },
  })
  const pool = spawnPool(system, Service, name.replace(/\W+/g, '-'), { size: 8, ...options })
  const send = (patience: number) =>
    call(pool, { type: 'serve', until: performance.now() + patience }, { timeout: patience })
  return { name, send, count }
}

/** Gives up after `patience`. Peers have no deadlines, so their callers must do this themselves; the work goes on. */
async function patiently(patience: number, work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const giveUp = new Promise((_resolve, reject) => (timer = setTimeout(() => reject(new Error('gave up')), patience)))
  try {
    return await Promise.race([work, giveUp])
  } finally {
    clearTimeout(timer)
  }
}

async function peerServers(system: ActorSystemRef): Promise<Server[]> {
  const { default: PQueue } = await import('p-queue')
  const counts = [0, 1, 2].map(() => ({ wasted: 0, finished: 0 }))
  const [routerCount, fastqCount, pQueueCount] = counts as [Server['count'], Server['count'], Server['count']]
  const queue = fastq.promise((until: number) => serve(fastqCount, until), 8)
  const pQueue = new PQueue({ concurrency: 8 })
  const workers = Array.from({ length: 8 }, (_, i) =>
    (spawn as (...args: unknown[]) => unknown)(
      system,
      async (state: unknown, message: { until: number }, ctx: { sender: unknown }) => {
        await serve(routerCount, message.until)
        dispatch(ctx.sender, 1)
        return state
      },
      `slow-${i}`,
    ),
  )
  let next = 0
  const router = (spawn as (...args: unknown[]) => unknown)(
    system,
    (state: unknown, message: unknown, ctx: { sender: unknown }) => {
      dispatch(workers[next++ % 8], message, ctx.sender)
      return state
    },
    'slow-router',
  )
  const until = (patience: number): number => performance.now() + patience
  return [
    {
      name: 'nact router',
      count: routerCount,
      send: (patience) => query(router, { until: until(patience) }, patience),
    },
    { name: 'fastq', count: fastqCount, send: (patience) => patiently(patience, queue.push(until(patience))) },
    {
      name: 'p-queue',
      count: pQueueCount,
      send: (patience) => {
        const end = until(patience)
        return patiently(
          patience,
          pQueue.add(() => serve(pQueueCount, end)),
        )
      },
    },
  ]
}

/** Measures how many requests eight members serve per second: Node's timers are up to a millisecond late. */
async function capacity(server: Server): Promise<number> {
  const end = performance.now() + 1000
  let served = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (performance.now() < end) {
        await server.send(PATIENCE_MS)
        served++
      }
    }),
  )
  return served
}

/** The options of the rows named `interactive`. */
const INTERACTIVE: PoolOptions = {
  broker: {
    client: { type: 'codel', order: 'adaptive', target: 50, interval: 250 },
    admission: { type: 'forecast', target: 50, interval: 250 },
  },
}

export interface Flooded {
  readonly rows: Row[]
  readonly results: readonly { readonly name: string; readonly times: number; readonly result: Result }[]
}

/** Floods a pool and its peers with far more requests than they can serve. */
export async function overload(): Promise<Flooded> {
  const system = start()
  const servers = [
    poolServer(system, 'pool, interactive', INTERACTIVE),
    poolServer(system, 'pool, defaults', {}),
    ...(await peerServers(system)),
  ]
  const perSecond = await capacity(poolServer(system, 'calibration', {}))
  const results: { name: string; times: number; result: Result }[] = []
  for (const times of [2, 10]) {
    for (const server of servers) {
      process.stderr.write(`  overload ${times} x: ${server.name}\n`)
      const { send, count } = server
      const result = await flood({
        rate: times * perSecond,
        seconds: SECONDS,
        patience: PATIENCE_MS,
        capacity: perSecond,
        send,
        count,
      })
      results.push({ name: server.name, times, result })
    }
  }
  process.stderr.write('  overload: fair queue, blocking handler\n')
  const rows = [...rowsOf(results), await fairRow(system, perSecond), await blockingRow(system)]
  stop(system)
  return { rows, results }
}

function rowsOf(results: Flooded['results']): Row[] {
  const of = (name: string) => results.filter((each) => each.name === name).map((each) => each.result)
  const worst = (name: string, pick: (result: Result) => number, most = true): number =>
    (most ? Math.max : Math.min)(...of(name).map(pick))
  const detail = (name: string, pick: (result: Result) => number): string =>
    of(name)
      .map((result, i) => `${[2, 10][i]} ×: ${pick(result).toPrecision(3)}`)
      .join('; ')
  const row = (
    title: string,
    name: string,
    pick: (result: Result) => number,
    bars: Pick<Row, 'unit' | 'atLeast' | 'aim' | 'better'>,
  ): Row => ({
    title,
    value: worst(name, pick, bars.better === 'less'),
    detail: detail(name, pick),
    ...bars,
  })
  const goodput = { unit: '%', atLeast: 95, aim: 99, better: 'more' } as const
  const nothing = { unit: '', atLeast: 0, aim: 0, better: 'less' } as const
  const share = (result: Result): number => result.goodput * 100
  const [ours, plain] = ['pool, interactive', 'pool, defaults']
  return [
    row('goodput, interactive', ours, share, goodput),
    row('wasted runs, interactive', ours, (result) => result.wasted, nothing),
    row('p99 of answered calls, interactive', ours, (result) => result.p99, {
      unit: 'ms',
      atLeast: 300,
      aim: 150,
      better: 'less',
    }),
    row('time until a drop is known (p50), interactive', ours, (result) => result.toldAfter ?? 0, {
      unit: 'ms',
      atLeast: 5,
      aim: 1,
      better: 'less',
    }),
    row('goodput, defaults', plain, share, goodput),
    row('wasted runs, defaults', plain, (result) => result.wasted, nothing),
    row('time back to normal, interactive', ours, (result) => result.recovery, {
      unit: 'ms',
      atLeast: 1000,
      aim: 250,
      better: 'less',
    }),
    row('time back to normal, defaults', plain, (result) => result.recovery, {
      unit: 'ms',
      atLeast: 1000,
      aim: 250,
      better: 'less',
    }),
  ]
}

/** Compares a quiet tenant beside one that sends fifty times as much with the quiet tenant alone. */
async function fairRow(system: ActorSystemRef, perSecond: number): Promise<Row> {
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
  for (let round = 0; round < FAIR_ROUNDS; round++) {
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

/** Blocks the event loop for 300 ms every second: timers cannot fire, and deadlines pass unnoticed. */
async function blockingRow(system: ActorSystemRef): Promise<Row> {
  let expiredRun = 0
  let run = 0
  const Service = definePool({
    init: () => 0,
    calls: {
      serve: async (message: { until: number; block: boolean }) => {
        run++
        // The pool counts from the start of the turn of the call, so its deadline is never later than the caller's.
        if (performance.now() > message.until) expiredRun++
        if (message.block) {
          const end = performance.now() + 300
          while (performance.now() < end);
        } else await sleep(SERVICE_MS)
        return reply(1)
      },
    },
  })
  const pool: PoolRef = spawnPool(system, Service, 'blocking', { size: 8 }) as never
  const send = (block: boolean): void => {
    const until = performance.now() + PATIENCE_MS
    call(pool as never, { type: 'serve', until, block } as never, { timeout: PATIENCE_MS }).catch(() => undefined)
  }
  const blocker = setInterval(() => send(true), 1000)
  await arrivals(1500, SECONDS, () => send(false))
  clearInterval(blocker)
  await sleep(PATIENCE_MS)
  return {
    title: 'expired requests that ran, event loop blocked',
    value: expiredRun,
    unit: '',
    atLeast: 0,
    aim: 0,
    better: 'less',
    detail: `of ${run} runs`,
  }
}
