/*
 * Many small writes become few large ones: what waits while a statement runs goes into the next one.
 *
 *     node -r ts-node/register examples/recipes/batched-writes.ts
 *     DATABASE_URL=postgres://user:password@localhost/shop node -r ts-node/register examples/recipes/batched-writes.ts
 */
import { startPostgres } from './support/postgres'

// #region pool
import { call, definePool, drain, halt, inspect, ready, reply, spawnPool } from '@genpool/core'
import { dispatch, start, stop } from 'nact'
import { Client, DatabaseError } from 'pg'

interface Order {
  readonly product: string
  readonly amount: number
}
/** Each caller has its own answer. An error of one row is a value: the others of its batch are written. */
type Written = { readonly id: number } | { readonly error: string }

/** `ON CONFLICT` keeps one bad row from failing the others. What is not returned was there already. */
const INSERT = `
  INSERT INTO orders (product, amount) SELECT * FROM unnest($1::text[], $2::int[])
  ON CONFLICT (product) DO NOTHING RETURNING id, product`

async function insert(client: Client, orders: readonly Order[]): Promise<Written[]> {
  // Twice the same product in one statement: the second is one that is taken.
  const { rows } = await client.query<{ id: number; product: string }>(INSERT, [
    orders.map(({ product }) => product),
    orders.map(({ amount }) => amount),
  ])
  const ids = new Map(rows.map(({ id, product }) => [product, id]))
  return orders.map(({ product }) => {
    const id = ids.get(product)
    ids.delete(product)
    return id === undefined ? { error: 'taken' } : { id }
  })
}

/** A row that the database does not accept fails its whole statement. Then each is written alone. */
async function insertEach(client: Client, orders: readonly Order[]): Promise<Written[]> {
  const written: Written[] = []
  for (const order of orders) {
    try {
      written.push(...(await insert(client, [order])))
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error // the connection is gone
      written.push({ error: error.message })
    }
  }
  return written
}

const writers = (url: string, batch: number) =>
  definePool({
    init: async (ctx) => {
      const client = new Client({
        connectionString: url,
        connectionTimeoutMillis: 5_000,
        statement_timeout: 10_000,
      })
      client.on('error', (error) => dispatch(ctx.member.ref, { type: 'broken', error }))
      await client.connect()
      return { client }
    },
    calls: {
      // One message if no others wait, up to `batch` in a backlog. Answers have the order of the messages.
      write: {
        batch,
        handle: async (orders: readonly Order[], { client }) => {
          try {
            return reply(await insert(client, orders))
          } catch (error) {
            if (error instanceof DatabaseError) return reply(await insertEach(client, orders))
            throw error
          }
        },
      },
    },
    handleInfo: (message) => halt((message as { readonly error: Error }).error),
    terminate: (_reason, { client }) => client.end(),
  })

const spawnWriters = (system: ReturnType<typeof start>, url: string, batch = 500) =>
  spawnPool(system, writers(url, batch), `writers-${batch}`, {
    state: 'isolated',
    size: 2, // two statements at once: the next batch forms while they run
    timeout: 10_000,
    broker: { client: { max: 20_000 } },
  })
// #endregion pool

// #region measure
/** Writes many rows at once. */
async function measure(url: string, batch: number): Promise<void> {
  const system = start()
  const pool = spawnWriters(system, url, batch)
  await ready(pool)
  const begun = performance.now()
  const written = await Promise.all(
    Array.from({ length: 10 * batch + 300 }, (_, n) =>
      call(pool, { type: 'write', product: `${batch}: ${n}`, amount: n }),
    ),
  )
  const perSecond = Math.round((1000 * written.length) / (performance.now() - begun))
  console.log(`up to ${batch} in a statement: ${perSecond} rows a second`)
  await drain(pool)
  stop(system)
}
// #endregion measure

async function main(): Promise<void> {
  // #region use
  const database = await startPostgres(process.env['DATABASE_URL'])
  for (const batch of [1, 500]) await measure(database.url, batch)

  const system = start()
  const pool = spawnWriters(system, database.url)
  const rows = [
    { product: 'tea', amount: 1 },
    { product: 'tea', amount: 2 },
    { product: 'milk', amount: 2 ** 40 },
    { product: 'bread', amount: 3 },
  ]
  const written = await Promise.all(rows.map((row) => call(pool, { type: 'write', ...row })))
  for (const [index, result] of written.entries()) {
    console.log(`${rows[index]!.product}: ${'id' in result ? 'written' : result.error}`)
  }
  console.log(`${inspect(pool).outcomes.replied} answers, ${inspect(pool).restarts} members replaced`)
  await drain(pool)
  stop(system)
  await database.close()
  // #endregion use
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
