/*
 * Postgres through `pg`: each member holds one connection.
 *
 *     node -r ts-node/register examples/recipes/postgres.ts
 *     DATABASE_URL=postgres://user:password@localhost/shop node -r ts-node/register examples/recipes/postgres.ts
 *
 * Without DATABASE_URL it starts PGlite, a Postgres that runs in this process.
 */
import { startPostgres } from './support/postgres'

// #region pool
import { call, definePool, drain, halt, inspect, onEvent, reply, spawnPool } from '@genpool/core'
import { dispatch, start, stop } from 'nact'
import { Client, DatabaseError } from 'pg'

/** An error that you expect is a value: the connection is as good as before. */
type Added = { readonly id: number } | { readonly error: 'taken' }

const orders = (url: string) =>
  definePool({
    // One connection for each member. If it fails, it is tried again after 0.1 s, 0.2 s, 0.4 s …
    init: async (ctx) => {
      const client = new Client({
        connectionString: url,
        application_name: ctx.member.name,
        connectionTimeoutMillis: 5_000,
        statement_timeout: 10_000, // the server ends what nobody waits for any more
        keepAlive: true,
      })
      // A connection that breaks while it is idle: this member ends, and a new one connects.
      // Without a listener, the 'error' event would end the process.
      client.on('error', (error) => dispatch(ctx.member.ref, { type: 'broken', error }))
      await client.connect()
      return { client }
    },
    calls: {
      add: async (msg: { product: string; amount: number }, { client }) => {
        try {
          const sql = 'INSERT INTO orders (product, amount) VALUES ($1, $2) RETURNING id'
          const { rows } = await client.query<{ id: number }>(sql, [msg.product, msg.amount])
          return reply<Added>({ id: rows[0]!.id })
        } catch (error) {
          if (error instanceof DatabaseError && error.code === '23505')
            return reply<Added>({ error: 'taken' })
          throw error // anything else: the caller gets it as the cause, and this member connects anew
        }
      },
      total: async (msg: { product: string }, { client }) => {
        const sql = 'SELECT coalesce(sum(amount), 0)::int AS total FROM orders WHERE product = $1'
        const { rows } = await client.query<{ total: number }>(sql, [msg.product])
        return reply(rows[0]!.total)
      },
    },
    handleInfo: (message) => halt((message as { readonly error: Error }).error),
    terminate: (_reason, { client }) => client.end(),
  })

const spawnOrders = (system: ReturnType<typeof start>, url: string) =>
  spawnPool(system, orders(url), 'orders', {
    state: 'isolated', // a state, and so a connection, of its own for each member
    size: { min: 2, max: 10, idle: 30_000 }, // 2 connections always, up to 10 when there is work
    timeout: 5_000,
    broker: { client: { max: 1000 } },
    restart: { attempts: Infinity }, // the database may be away for long
    breaker: { failures: 20 }, // then callers hear of it at once
  })
// #endregion pool

async function main(): Promise<void> {
  // #region use
  const database = await startPostgres(process.env['DATABASE_URL'])
  const system = start()
  const pool = spawnOrders(system, database.url)

  const added = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      call(pool, { type: 'add', product: `tea ${n % 50}`, amount: n }),
    ),
  )
  console.log(`${added.filter((one) => 'id' in one).length} orders added`)
  console.log(`${added.filter((one) => 'error' in one).length} refused: that product has one`)
  console.log(`tea 42: ${await call(pool, { type: 'total', product: 'tea 42' })}`)
  const { outcomes, restarts, size } = inspect(pool)
  console.log(`${outcomes.replied} answers, ${restarts} members replaced, ${size} connections`)
  // #endregion use

  // #region broken
  const replaced = new Promise((resolve) =>
    onEvent('genpool:member:stop', ({ reason }) => resolve(reason), { pool }),
  )
  database.cutOne() // a connection breaks: its member is replaced, and the others go on
  console.log(`a member ended: ${String(await replaced)}`)
  console.log(`tea 7: ${await call(pool, { type: 'total', product: 'tea 7' })}`)
  // #endregion broken

  // #region stop
  await drain(pool, { within: 10_000 }) // closes the connections
  console.log(`${database.connections()} connections after drain`)
  stop(system)
  await database.close()
  // #endregion stop
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
