import fastq from 'fastq'
import type { House } from '../calm/house'
import { serve, type Server } from './servers'

/** Gives up after `patience`. Peers have no deadlines, so their callers must do this themselves; the work goes on. */
export async function patiently(patience: number, work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const giveUp = new Promise((_resolve, reject) => (timer = setTimeout(() => reject(new Error('gave up')), patience)))
  try {
    return await Promise.race([work, giveUp])
  } finally {
    clearTimeout(timer)
  }
}

/** The same work in plain nact and in other queues. */
export async function peerServers(house: House): Promise<Server[]> {
  const { default: PQueue } = await import('p-queue')
  const counts = [0, 1, 2].map(() => ({ wasted: 0, finished: 0 }))
  const [routerCount, fastqCount, pQueueCount] = counts as [Server['count'], Server['count'], Server['count']]
  const queue = fastq.promise((until: number) => serve(fastqCount, until), 8)
  const pQueue = new PQueue({ concurrency: 8 })
  const workers = Array.from({ length: 8 }, (_, i) =>
    house.spawn(
      house.system,
      async (state: unknown, message: { until: number }, ctx: { sender: unknown }) => {
        await serve(routerCount, message.until)
        house.dispatch(ctx.sender, 1)
        return state
      },
      `slow-${i}`,
    ),
  )
  let next = 0
  const router = house.spawn(
    house.system,
    (state: unknown, message: unknown, ctx: { sender: unknown }) => {
      house.dispatch(workers[next++ % 8], message, ctx.sender)
      return state
    },
    'slow-router',
  )
  const until = (patience: number): number => performance.now() + patience
  return [
    {
      name: 'nact router',
      count: routerCount,
      send: (patience) => house.query(router, { until: until(patience) }, patience),
    },
    { name: 'fastq', count: fastqCount, send: (patience) => patiently(patience, queue.push(until(patience))) },
    {
      name: 'p-queue',
      count: pQueueCount,
      send: (patience) => {
        const end = until(patience)
        return patiently(
          patience,
          pQueue.add(() => serve(pQueueCount, end)),
        )
      },
    },
  ]
}
