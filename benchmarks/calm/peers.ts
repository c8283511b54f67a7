import Bottleneck from 'bottleneck'
import fastq from 'fastq'
import { createPool } from 'generic-pool'
import { BURST, bursts, type Contender, four, lanes } from './race'
import { Arrivals, ask, asyncWork, tell } from './work'

/** Runs eight at a time, as a pool with eight members does. */
const AT_ONCE = 8

/** Other pools and queues, set up as their documentation says. Each does the same asynchronous work on the same messages. */
export const peers = {
  'a plain async function': (width: number): Contender => lanes(width, [undefined], (_none, n) => asyncWork(ask(n))),

  'fastq.promise': (width: number): Contender =>
    lanes(
      width,
      four(() => fastq.promise(asyncWork, AT_ONCE)),
      (queue, n) => queue.push(ask(n)),
    ),

  'p-limit': async (width: number): Promise<Contender> => {
    const { default: pLimit } = await import('p-limit')
    return lanes(
      width,
      four(() => pLimit(AT_ONCE)),
      (limit, n) => limit(asyncWork, ask(n)),
    )
  },

  'p-queue': async (width: number): Promise<Contender> => {
    const { default: PQueue } = await import('p-queue')
    const queues = four(() => new PQueue({ concurrency: AT_ONCE }))
    return lanes(width, queues, (queue, n) => {
      const message = ask(n)
      return queue.add(() => asyncWork(message))
    })
  },

  'generic-pool': (width: number): Contender => {
    const options = { max: AT_ONCE, min: AT_ONCE }
    const pools = four(() => createPool({ create: async () => ({}), destroy: async () => undefined }, options))
    return lanes(width, pools, (resources, n) => {
      const message = ask(n)
      return resources.use(() => asyncWork(message))
    })
  },

  bottleneck: (width: number): Contender =>
    lanes(
      width,
      four(() => new Bottleneck({ maxConcurrent: AT_ONCE })),
      (limiter, n) => limiter.schedule(asyncWork, ask(n)),
    ),
}

/** Queues of fastq whose worker has a callback, and what they have handled. */
export function callbackQueues() {
  return four(() => {
    const arrivals = new Arrivals()
    const queue = fastq<unknown, { readonly n: number }>((message, done) => {
      arrivals.add(message)
      done(null)
    }, AT_ONCE)
    return { queue, arrivals }
  })
}

export function burstOfPushes({ queue, arrivals }: ReturnType<typeof callbackQueues>[number]): Promise<void> {
  const all = arrivals.expect(BURST)
  for (let n = 0; n < BURST; n++) queue.push(tell(n))
  return all
}

export function fastqBursts(): Contender {
  return bursts(callbackQueues(), burstOfPushes)
}
