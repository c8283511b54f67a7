/*
 * An HTTP service with express in front of a pool: 503 with Retry-After when there is too much work, 504 when it takes too
 * long, nothing done for clients that are gone, and a stop on SIGTERM that loses nothing.
 *
 *     PORT=3000 node -r ts-node/register examples/recipes/express.ts
 */
// #region pool
import {
  call,
  cast,
  definePool,
  drain,
  getState,
  httpStatus,
  inspect,
  noReply,
  reply,
  spawnPool,
} from '@genpool/core'
import express, { type ErrorRequestHandler, type Response } from 'express'
import { start, stop } from 'nact'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Stands for your database: a report takes 40 ms, and the one called "slow" takes for ever. */
const query = (id: string, signal: AbortSignal) =>
  wait(id === 'slow' ? 60_000 : 40, [`row of ${id}`], { signal })

const Reports = definePool({
  init: () => ({ made: 0, mailed: 0 }),
  calls: {
    // ctx.signal fires when the client hangs up, and at the deadline. Pass it on to what takes a signal.
    make: async (msg: { id: string }, _state, ctx) => {
      const rows = await query(msg.id, ctx.signal)
      return reply({ id: msg.id, rows }, (draft) => void draft.made++)
    },
  },
  casts: {
    mail: async (msg: { id: string }, _state, ctx) => {
      await query(msg.id, ctx.signal)
      return noReply((draft) => void draft.mailed++)
    },
  },
})

const system = start()
const reports = spawnPool(system, Reports, 'reports', {
  size: 8, // as many as the database serves well at once
  timeout: 1000, // then the client gets 504
  broker: { client: { max: 100 }, admission: 'forecast' }, // more work than this: 503
})
// #endregion pool

// #region routes
const app = express()
let stopping = false

// Clients keep their connections, and server.close() waits for each that is in use: while this stops, each is closed after its answer.
app.use((_request, response, next) => {
  if (stopping) response.set('Connection', 'close')
  next()
})

/** Fires when the client hangs up. */
function gone(response: Response): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => controller.abort()) // comes after the answer, too: then it does nothing
  return controller.signal
}

// Since express 5, a rejected promise goes to the error handler.
app.get('/reports/:id', async (request, response) => {
  response.json(
    await call(reports, { type: 'make', id: request.params.id }, { signal: gone(response) }),
  )
})

// Work that goes on after the answer. 202 means: it is in the queue, and will be done.
app.post('/reports/:id/mail', (request, response) => {
  const result = cast(reports, { type: 'mail', id: request.params.id })
  if (!result.ok) throw result.error
  response.status(202).json({ accepted: true })
})

app.get('/pool', (_request, response) => void response.json(inspect(reports)))

app.get(
  '/ready',
  (_request, response) => void response.status(stopping ? 503 : 200).json({ ready: !stopping }),
)

const onError: ErrorRequestHandler = (error, _request, response, next) => {
  const known = httpStatus(error) // 503, 504, …; undefined for a crash, or an error of somebody else
  if (known === undefined || response.headersSent) return next(error)
  if (known.retryAfter !== undefined) response.set('Retry-After', String(known.retryAfter))
  response.sendStatus(known.status) // the status, and its name as the text
}
app.use(onError) // the last one: after all routes
// #endregion routes

// #region shutdown
const server = app.listen(
  Number(process.env['PORT'] ?? 3000),
  process.env['HOST'] ?? '127.0.0.1',
  (error) => {
    if (error !== undefined) throw error // express 5 gives it to this callback: a port that is taken
    const { address, port } = server.address() as AddressInfo
    console.log(`listening on http://${address}:${port}`)
  },
)

async function shutdown(): Promise<void> {
  stopping = true
  await wait(Number(process.env['NOT_READY_MS'] ?? 500)) // until the load balancer has seen it; in Kubernetes, some seconds
  server.close() // no new connections; requests that are here get their answer
  await once(server, 'close')
  await drain(reports, { within: 10_000 }) // and the mails that were accepted are sent
  console.log(`done: ${JSON.stringify(getState(reports))}`)
  stop(system)
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    shutdown().catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
}
// #endregion shutdown
