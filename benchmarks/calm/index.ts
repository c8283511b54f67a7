import { call, cast, definePool, noReply, type PoolOptions, type PoolRef, reply, spawnPool } from '@genpool/core'
import { produce } from 'immer'
import { type ActorSystemRef, start, stop } from 'nact'
import { compare, type Comparison, inFlight, median, perSecond, rate, type Row } from '../measure'
import { eventLoop } from './event-loop'
import { bytesPerWaitingCall } from './memory'
import { answering, dispatch, others, query, router, serveFromFastq } from './peers'

const ROUNDS = 9
const WIDTH = 64

/** A state of the handler's own, which it changes by immer without the pool's knowledge. */
let own: { readonly count: number; readonly name: string } = { count: 0, name: 'counter' }

const Trivial = definePool({
  init: () => ({ count: 0, name: 'counter' }),
  calls: {
    ask: () => reply(1),
    produce: () => {
      own = produce(own, (draft) => {
        draft.count += 1
      })
      return reply(1)
    },
    next: (_message, state) => reply(1, { count: state.count + 1, name: state.name }),
    recipe: () =>
      reply(1, (draft) => {
        draft.count += 1
      }),
  },
  casts: { tell: () => noReply() },
})

function pools(system: ActorSystemRef) {
  const spawn = (name: string, options: PoolOptions) => spawnPool(system, Trivial, name, { size: 8, ...options })
  return {
    isolated: spawn('isolated', { state: 'isolated' }),
    shared: spawn('shared', {}),
    codel: spawn('codel', { broker: { client: { type: 'codel' } } }),
    many: spawn('many', { size: 1000 }),
    plain: spawnPool(system, answering as never, 'plain', { size: 8 }),
  }
}

const ASK = { type: 'ask' } as const
const TELL = { type: 'tell' } as const

/** As many as design and documentation call a batch, and not an overload. */
const BATCH = 10_000

/** All at once into the queue, several times; the rate counts until the last one is handled. */
async function batches(times: number, send: () => void, last: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint()
  for (let time = 0; time < times; time++) {
    for (let i = 0; i < BATCH; i++) send()
    await last()
  }
  return perSecond(times * BATCH, start)
}

/** How fast a queue of `waiting` requests is served, which is filled before. */
async function serveFrom(system: ActorSystemRef, waiting: number): Promise<number> {
  let seen = 0
  let reached: () => void = () => undefined
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const Gated = definePool({
    init: () => 0,
    casts: {
      wait: async () => {
        await gate
      },
      tell: () => {
        if (++seen === waiting) reached()
      },
    },
  })
  const pool = spawnPool(system, Gated, undefined, { size: 8, state: 'isolated' })
  for (let i = 0; i < 8; i++) cast(pool, { type: 'wait' })
  await new Promise((resolve) => setImmediate(resolve))
  for (let i = 0; i < waiting; i++) cast(pool, TELL)
  const start = process.hrtime.bigint()
  const done = new Promise<void>((resolve) => (reached = resolve))
  open()
  await done
  const rate = perSecond(waiting, start)
  stop(pool)
  return rate
}

async function often(operation: () => Promise<number>): Promise<number> {
  const rates: number[] = []
  for (let i = 0; i < 100; i++) rates.push(await operation())
  return median(rates)
}

/** A million waiting against a thousand, and how `fastq.promise` fares with the same. */
async function longQueue(system: ActorSystemRef): Promise<Row> {
  const row = await compare(
    {
      title: '1 000 000 waiting, served out of the queue',
      ours: () => serveFrom(system, 1_000_000),
      theirs: () => often(() => serveFrom(system, 1000)),
      than: '1 000 waiting',
      atLeast: 0.8,
      aim: 0.95,
    },
    3,
  )
  const short = await often(() => serveFromFastq(1000))
  const long = await serveFromFastq(1_000_000)
  const theirs = `fastq.promise ${(long / short).toFixed(2)} × (${rate(long)}/s)`
  return { ...row, detail: `${row.detail}; ${theirs}` }
}

function comparisons(system: ActorSystemRef): Comparison[] {
  const { isolated, shared, codel, many, plain } = pools(system)
  const nactRouter = router(system)
  const askRouter = () => inFlight(WIDTH, 60_000, () => query(nactRouter, ASK, 5000))
  const floodRouter = () =>
    batches(
      4,
      () => dispatch(nactRouter, TELL),
      () => query(nactRouter, ASK, 60_000),
    )
  const ask = (pool: PoolRef<never>, width = WIDTH) => inFlight(width, 400_000, () => call(pool, ASK as never))
  const any = <P>(pool: P) => pool as unknown as PoolRef<never>
  const recipe = () => inFlight(WIDTH, 150_000, () => call(shared, { type: 'recipe' }))
  let state: { count: number; name: string } = { count: 0, name: 'counter' }
  return [
    {
      title: "nact's query(pool), answered with reply, 64 in flight",
      ours: () => inFlight(WIDTH, 400_000, () => query(isolated, ASK, 5000)),
      theirs: askRouter,
      than: 'nact router',
      atLeast: 8,
      aim: 12,
    },
    {
      title: "nact's query(pool), plain nact function, 64 in flight",
      ours: () => inFlight(WIDTH, 400_000, () => query(plain, ASK, 5000)),
      theirs: askRouter,
      than: 'nact router',
      atLeast: 6,
      aim: 8,
    },
    {
      title: 'call(pool) one at a time',
      ours: () => ask(any(isolated), 1),
      theirs: () => inFlight(1, 60_000, () => query(nactRouter, ASK, 5000)),
      than: "nact's query",
      atLeast: 5,
      aim: 8,
    },
    {
      title: 'cast(pool), 10 000 queued at once',
      ours: () =>
        batches(
          40,
          () => cast(isolated, TELL),
          () => call(isolated, ASK),
        ),
      theirs: floodRouter,
      than: "nact's dispatch through the router",
      atLeast: 12,
      aim: 20,
    },
    {
      title: "nact's dispatch(pool), 10 000 queued at once",
      ours: () =>
        batches(
          40,
          () => dispatch(isolated, TELL),
          () => call(isolated, ASK),
        ),
      theirs: floodRouter,
      than: "nact's dispatch through the router",
      atLeast: 8,
      aim: 12,
    },
    {
      title: 'CoDel client queue',
      ours: () => ask(any(codel)),
      theirs: () => ask(any(shared)),
      than: 'drop queue',
      atLeast: 0.85,
      aim: 0.95,
    },
    {
      title: '1 000 members',
      ours: () => ask(any(many)),
      theirs: () => ask(any(shared)),
      than: '8 members',
      atLeast: 0.8,
      aim: 0.95,
    },
    {
      title: 'shared state, returned next state',
      ours: () => inFlight(WIDTH, 400_000, () => call(shared, { type: 'next' })),
      theirs: () => inFlight(WIDTH, 400_000, () => call(isolated, { type: 'next' })),
      than: 'isolated state',
      atLeast: 0.8,
      aim: 0.95,
    },
    {
      title: 'shared state through a recipe',
      ours: recipe,
      theirs: async () => {
        const start = process.hrtime.bigint()
        for (let i = 0; i < 150_000; i++) {
          state = produce(state, (draft) => {
            draft.count += 1
          })
        }
        return perSecond(150_000, start)
      },
      than: 'immer.produce alone',
      atLeast: 0.85,
      aim: 0.95,
    },
    {
      title: 'shared state through a recipe, against a handler that calls immer.produce',
      ours: recipe,
      theirs: () => inFlight(WIDTH, 150_000, () => call(isolated, { type: 'produce' })),
      than: 'immer.produce in a handler',
      atLeast: 0.85,
      aim: 0.95,
    },
  ]
}

/** What costs what while there is little to do: ratios against others, in the same rounds. */
export async function calm(): Promise<{ rows: Row[]; rates: [string, number][] }> {
  const system = start()
  const rows: Row[] = []
  const all = comparisons(system)
  const peers = await others()
  const shared = spawnPool(system, Trivial, 'against-peers', { size: 8, state: 'isolated' })
  const rates = await ratesOf({ 'call(pool)': () => call(shared, ASK), ...peers })
  rows.push(againstFastq(rates))
  for (const [index, comparison] of all.entries()) {
    process.stderr.write(`  calm ${index + 1}/${all.length}: ${comparison.title}\n`)
    rows.push(await compare(comparison, ROUNDS))
  }
  process.stderr.write('  calm: a long queue, the event loop, memory\n')
  rows.push(await longQueue(system))
  rows.push(await eventLoop(system), bytesPerWaitingCall())
  stop(system)
  return { rows, rates: [...rates].map(([name, values]) => [name, median(values)]) }
}

/** All of them in turn, round by round. */
async function ratesOf(operations: Readonly<Record<string, () => Promise<unknown>>>): Promise<Map<string, number[]>> {
  const rates = new Map<string, number[]>()
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, operation] of Object.entries(operations)) {
      const slow = name === 'generic-pool' || name === 'p-queue'
      const value = await inFlight(WIDTH, slow ? 30_000 : 300_000, operation)
      if (round > 0) rates.set(name, [...(rates.get(name) ?? []), value])
    }
  }
  return rates
}

function againstFastq(rates: ReadonlyMap<string, readonly number[]>): Row {
  const [ours, theirs] = [rates.get('call(pool)')!, rates.get('fastq.promise')!]
  return {
    title: 'call(pool), 64 in flight',
    value: median(ours.map((value, round) => value / theirs[round]!)),
    unit: '×',
    atLeast: 0.9,
    aim: 1.3,
    better: 'more',
    detail: `${rate(median(ours))}/s; fastq.promise ${rate(median(theirs))}/s`,
  }
}
