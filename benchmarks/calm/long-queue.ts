import { cast, definePool, spawnPool } from '@genpool/core'
import fastq from 'fastq'
import { type ActorSystemRef, stop } from 'nact'
import { median, perSecond, type Sides } from '../measure'

const LONG = 1_000_000
const SHORT = 1000

/** How fast a queue of `waiting` requests is served, which is filled before. */
async function serveFrom(system: ActorSystemRef, waiting: number): Promise<number> {
  let seen = 0
  let reached: () => void = () => undefined
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const Gated = definePool({
    init: () => 0,
    casts: {
      wait: async () => {
        await gate
      },
      tell: () => {
        if (++seen === waiting) reached()
      },
    },
  })
  const pool = spawnPool(system, Gated, undefined, { size: 8, state: 'isolated' })
  for (let i = 0; i < 8; i++) cast(pool, { type: 'wait' })
  await new Promise((resolve) => setImmediate(resolve))
  for (let i = 0; i < waiting; i++) cast(pool, TELL)
  const start = process.hrtime.bigint()
  const done = new Promise<void>((resolve) => (reached = resolve))
  open()
  await done
  const rate = perSecond(waiting, start)
  stop(pool)
  return rate
}

const TELL = { type: 'tell' } as const

/** The same with `fastq.promise`. */
async function serveFromFastq(waiting: number): Promise<number> {
  let seen = 0
  let reached: () => void = () => undefined
  const done = new Promise<void>((resolve) => (reached = resolve))
  const queue = fastq.promise(async () => {
    if (++seen === waiting) reached()
  }, 8)
  queue.pause()
  for (let i = 0; i < waiting; i++) void queue.push(1)
  const start = process.hrtime.bigint()
  queue.resume()
  await done
  return perSecond(waiting, start)
}

async function often(operation: () => Promise<number>): Promise<number> {
  const rates: number[] = []
  for (let i = 0; i < 100; i++) rates.push(await operation())
  return median(rates)
}

/** A million waiting against a thousand. */
export function ofPool(system: ActorSystemRef): Sides {
  return { ours: () => serveFrom(system, LONG), theirs: () => often(() => serveFrom(system, SHORT)) }
}

export function ofFastq(): Sides {
  return { ours: () => serveFromFastq(LONG), theirs: () => often(() => serveFromFastq(SHORT)) }
}
