/*
 * A large file, line by line, through a pool: as many lines in memory as are worked on, and no more.
 *
 *     node -r ts-node/register examples/recipes/large-file.ts
 *     node -r ts-node/register examples/recipes/large-file.ts orders.ndjson
 */
// #region pool
import { definePool, drain, map, mapStream, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

interface Order {
  readonly customer: number
  readonly note: string
}

const Enricher = definePool({
  calls: {
    enrich: async (msg: { line: string }) => {
      const order = JSON.parse(msg.line) as Order
      await new Promise(setImmediate) // stands for a lookup in a database
      return reply({ ...order, name: `customer ${order.customer}` })
    },
  },
})

const spawnEnricher = (system: ReturnType<typeof start>) =>
  spawnPool(system, Enricher, 'enricher', { size: 50 })
// #endregion pool

// #region steps
/** The lines of a text that comes in chunks. */
async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const found = (rest + chunk).split('\n')
    rest = found.pop() ?? ''
    yield* found
  }
  if (rest !== '') yield rest
}

async function* messages(chunks: AsyncIterable<string>) {
  for await (const line of lines(chunks)) yield { type: 'enrich', line } as const
}

async function* text(orders: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const order of orders) yield `${JSON.stringify(order)}\n`
}
// #endregion steps

// #region use
type Pool = ReturnType<typeof spawnEnricher>

/** One order after the other, in the order of the file. Wrong lines are counted, and left out. */
async function count(
  pool: Pool,
  file: string,
): Promise<{ orders: number; wrong: number; most: number }> {
  let [taken, orders, wrong, most] = [0, 0, 0, 0]
  async function* source() {
    for await (const message of messages(createReadStream(file, 'utf8'))) {
      most = Math.max(most, ++taken - orders - wrong)
      yield message
    }
  }
  for await (const _order of map(pool, source(), { inFlight: 100, onError: () => wrong++ })) orders++
  return { orders, wrong, most }
}

/** From file to file. `mapStream` is a stream as a Transform is: messages go in, answers come out. */
async function convert(pool: Pool, from: string, to: string): Promise<void> {
  await pipeline(
    createReadStream(from, 'utf8'),
    messages,
    mapStream(pool, {
      inFlight: 100,
      onError: (error, { line }) => console.error(`left out ${line}:`, String(error)),
    }),
    text,
    createGzip({ level: 1 }),
    createWriteStream(to),
  )
}
// #endregion use

// #region made-up
/** 30 000 orders, and a line that is cut off. */
function* madeUp(): Generator<string> {
  const note = 'x'.repeat(900)
  for (let customer = 0; customer < 30_000; customer++) yield `${JSON.stringify({ customer, note })}\n`
  yield '{ "customer":'
}

// #endregion made-up

async function main(): Promise<void> {
  // #region main
  const folder = await mkdtemp(join(tmpdir(), 'large-file-'))
  const given = process.argv[2]
  const file = given ?? join(folder, 'orders.ndjson')
  if (given === undefined) await pipeline(Readable.from(madeUp()), createWriteStream(file))
  console.log(`${Math.round((await stat(file)).size / 1e6)} MB`)

  const system = start()
  const pool = spawnEnricher(system)
  const { orders, wrong, most } = await count(pool, file)
  console.log(`map: ${orders} orders, ${wrong} lines are wrong, at most ${most} lines in hand`)
  const to = join(folder, 'orders.ndjson.gz')
  await convert(pool, file, to)
  console.log(`mapStream: ${Math.round((await stat(to)).size / 1e3)} KB written, compressed`)
  await drain(pool)
  stop(system)
  await rm(folder, { recursive: true })
  // #endregion main
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
