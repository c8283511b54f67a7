/*
 * Calls to somebody else's API, with undici: at most 50 a second, a pause when the API asks for one, a circuit breaker for the
 * time when it is down, retries within a budget, and one deadline for all of that.
 *
 *     node -r ts-node/register examples/recipes/outgoing-api.ts
 */
import { startPriceApi } from './support/price-api'

// #region pool
import { call, definePool, drain, inspect, isGenPoolError, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'
import { Pool as Connections } from 'undici'

/** `Retry-After` is a number of seconds or a date. */
function retryAfterMs(header: string | string[] | undefined): number {
  const text = String(header ?? 1)
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Math.max(0, Number.isNaN(ms) ? 1000 : ms)
}

const prices = (connections: Connections) =>
  definePool({
    calls: {
      price: async (msg: { product: string }, _state, ctx) => {
        const path = `/prices/${encodeURIComponent(msg.product)}`
        // ctx.signal fires at the deadline, and when the caller gives up.
        const { statusCode, headers, body } = await connections.request({
          method: 'GET',
          path,
          signal: ctx.signal,
        })
        if (statusCode === 200) return reply((await body.json()) as { product: string; cents: number })
        await body.dump() // so that the connection can be used again
        if (statusCode === 404) return reply(undefined) // an answer, and not a failure
        // Too many requests: nothing more begins until then, and this one runs again.
        if (statusCode === 429)
          return ctx.backOff(retryAfterMs(headers['retry-after']), { again: true })
        throw new Error(`The API answered ${statusCode}.`) // the breaker counts it
      },
    },
  })

const spawnPrices = (system: ReturnType<typeof start>, connections: Connections) =>
  spawnPool(system, prices(connections), 'prices', {
    size: 20, // requests at once
    rate: { limit: 50, interval: 1000, burst: 10 }, // what the API allows
    timeout: 8000, // for the wait, both tries and the pauses together
    // 10 failures, and a fifth of all: nobody asks for 0.5 s, then 1 s, then 2 s, until it works again.
    breaker: { failures: 10, share: 0.2, wait: 500, maxWait: 2000 },
    retryOnCrash: { price: 0 }, // may be asked twice: "retry" of the call does it, after a wait
    broker: { client: { max: 500 } },
  })

/** What to say to a caller. */
function reasonOf(error: unknown): string {
  if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) return error.reason
  return isGenPoolError(error) ? error.code : String(error)
}
// #endregion pool

async function main(): Promise<void> {
  // #region use
  const api = await startPriceApi({ perSecond: 40 })
  const system = start()
  const connections = new Connections(api.origin, { connections: 20 })
  const pool = spawnPrices(system, connections)
  const priceOf = (product: string) =>
    call(pool, { type: 'price', product }, { retry: { attempts: 2 } })

  console.log(await priceOf('tea'), await priceOf('nothing'))

  // 60 at once, to an API that says 50 a second and allows 40.
  const begun = performance.now()
  const many = await Promise.all(Array.from({ length: 60 }, (_, n) => priceOf(`tea ${n}`)))
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(
    `${many.length} prices in ${seconds} s; the API said "too many requests" ${api.refused()} times`,
  )
  // #endregion use

  // #region down
  api.break()
  const callers: Promise<string>[] = []
  for (let n = 0; n < 60; n++) {
    callers.push(priceOf(`milk ${n}`).then(() => 'answered', reasonOf))
    await wait(25)
  }
  const breaker = (await Promise.all(callers)).filter((reason) => reason === 'breaker').length
  console.log(
    `the API is down: ${callers.length} callers, ${api.failed()} requests, ${breaker} told by the breaker`,
  )

  api.mend()
  await wait(inspect(pool).breaker?.retryAfterMs)
  console.log('the API is back:', await priceOf('tea'))

  await drain(pool, { within: 5000 })
  await connections.close()
  api.close()
  stop(system)
  // #endregion down
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
