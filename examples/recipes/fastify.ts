/*
 * An HTTP service with fastify in front of a pool: 503 with Retry-After when there is too much work, 504 when it takes too
 * long, nothing done for clients that are gone, and a stop on SIGTERM that loses nothing.
 *
 *     PORT=3000 node -r ts-node/register examples/recipes/fastify.ts
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
import Fastify from 'fastify'
import { start, stop } from 'nact'
import { STATUS_CODES } from 'node:http'
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
const app = Fastify()

app.get<{ Params: { id: string } }>('/reports/:id', (request) =>
  call(reports, { type: 'make', id: request.params.id }, { signal: request.signal }),
)

// Work that goes on after the answer. 202 means: it is in the queue, and will be done.
app.post<{ Params: { id: string } }>('/reports/:id/mail', async (request, response) => {
  const result = cast(reports, { type: 'mail', id: request.params.id })
  if (!result.ok) throw result.error
  return response.code(202).send({ accepted: true })
})

app.setErrorHandler((error, _request, response) => {
  const known = httpStatus(error) // 503, 504, …; undefined for a crash, or an error of somebody else
  if (known === undefined) return response.send(error)
  if (known.retryAfter !== undefined) void response.header('Retry-After', known.retryAfter)
  return response.code(known.status).send({ error: STATUS_CODES[known.status] })
})

app.get('/pool', () => inspect(reports))
// #endregion routes

// #region shutdown
let stopping = false
app.get('/ready', (_request, response) =>
  response.code(stopping ? 503 : 200).send({ ready: !stopping }),
)

async function shutdown(): Promise<void> {
  stopping = true
  await wait(Number(process.env['NOT_READY_MS'] ?? 500)) // until the load balancer has seen it; in Kubernetes, some seconds
  await app.close() // no new connections; requests that are here get their answer
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

app
  .listen({ port: Number(process.env['PORT'] ?? 3000), host: process.env['HOST'] ?? '127.0.0.1' })
  .then((address) => console.log(`listening on ${address}`))
  .catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
// #endregion shutdown
