import Bottleneck from 'bottleneck'
import { bulkhead } from 'cockatiel'
import { createPool } from 'generic-pool'
import CircuitBreaker from 'opossum'
import { patiently } from '../overload/peers'
import { serve, type Server } from '../overload/servers'

/** As many as can be served while a caller waits, about: what one would allow to wait. */
const WAITING = 400
const WORKERS = 8

type Send = (until: number, patience: number) => Promise<unknown>

/** A server whose `send` gets what does the work. */
function server(name: string, make: (work: (until: number) => Promise<void>) => Send): Server {
  const count = { wasted: 0, finished: 0 }
  const send = make((until) => serve(count, until))
  return { name, count, send: (patience) => send(performance.now() + patience, patience) }
}

/** Other libraries, each with what it has against overload: a bound, a timeout, a signal. */
export async function boundedServers(): Promise<Server[]> {
  const { default: PQueue } = await import('p-queue')
  return [
    server('p-queue, AbortSignal.timeout', (work) => {
      const queue = new PQueue({ concurrency: WORKERS })
      return (until, patience) => queue.add(() => work(until), { signal: AbortSignal.timeout(patience) })
    }),
    server(`bottleneck, highWater ${WAITING}, LEAK`, (work) => {
      const strategy = Bottleneck.strategy.LEAK
      const limiter = new Bottleneck({ maxConcurrent: WORKERS, highWater: WAITING, strategy })
      return (until, patience) =>
        patiently(
          patience,
          limiter.schedule(() => work(until)),
        )
    }),
    server('generic-pool, acquireTimeoutMillis', (work) => {
      const pool = createPool(
        { create: () => Promise.resolve({}), destroy: () => Promise.resolve() },
        { max: WORKERS, acquireTimeoutMillis: 500 },
      )
      return (until, patience) => patiently(patience, Promise.resolve(pool.use(() => work(until))))
    }),
    server(`cockatiel, bulkhead(${WORKERS}, ${WAITING})`, (work) => {
      const policy = bulkhead(WORKERS, WAITING)
      return (until, patience) =>
        patiently(
          patience,
          policy.execute(() => work(until)),
        )
    }),
    server(`opossum, capacity ${WORKERS}`, (work) => {
      // It refuses what exceeds the capacity, and must not open because of that. Its percentiles cost more than the work.
      const quick = { rollingPercentilesEnabled: false, enableSnapshots: false }
      const options = { capacity: WORKERS, timeout: 500, errorThresholdPercentage: 100, ...quick }
      const breaker = new CircuitBreaker((until: number) => work(until), options)
      return (until) => breaker.fire(until)
    }),
  ]
}
