// #region database
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Pool as Server } from 'pg'

const TABLE = `
  DROP TABLE IF EXISTS orders;
  CREATE TABLE orders (id serial PRIMARY KEY, product text UNIQUE NOT NULL, amount int NOT NULL);`

/** Postgres in this process, behind a socket as any other. */
async function startPglite(): Promise<{ url: string; close: () => Promise<void> }> {
  const db = await PGlite.create()
  await db.exec(TABLE)
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 100 })
  await server.start()
  return {
    url: `postgres://postgres@${server.getServerConn()}/postgres`,
    close: async () => {
      await server.stop()
      await db.close()
    },
  }
}

/** A database with an empty table `orders`. */
interface Database {
  readonly url: string
  /** How many connections are open. */
  connections(): number
  /** Breaks one of them, as a network does. */
  cutOne(): void
  close(): Promise<void>
}

/** Uses the server at `url`; without one, PGlite. */
async function startPostgres(url: string | undefined): Promise<Database> {
  if (url === undefined) {
    const { url, close } = await startPglite()
    return throughCable(new URL(url), close)
  }
  const server = new Server({ connectionString: url })
  await server.query(TABLE)
  await server.end()
  return throughCable(new URL(url), async () => undefined)
}

/** Puts a cable between this process and the database that can be cut. */
async function throughCable(to: URL, close: () => Promise<void>): Promise<Database> {
  const open = new Set<Socket>()
  const cable = createServer((near) => {
    const far = connect(Number(to.port || 5432), to.hostname)
    open.add(near)
    near.pipe(far).pipe(near)
    for (const end of [near, far]) end.on('error', () => undefined)
    far.once('close', () => near.destroy())
    near.once('close', () => {
      open.delete(near)
      far.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(cable, 'listening')
  const url = new URL(to)
  url.host = `127.0.0.1:${(cable.address() as AddressInfo).port}`
  return {
    url: url.href,
    connections: () => open.size,
    cutOne: () => void [...open][0]?.destroy(),
    close: async () => {
      cable.close()
      await close()
    },
  }
}
// #endregion database

export { startPostgres }
