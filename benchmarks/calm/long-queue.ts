import { call, cast, definePool, reply, spawnPool } from '@genpool/core'
import fastq from 'fastq'
import { type ActorSystemRef, stop } from 'nact'
import { perSecond, type Sides } from '../measure'

const LONG = 1_000_000
const SHORT = 1000
const TELL = { type: 'tell' } as const
const ASK = { type: 'ask' } as const

/** Queues `waiting` casts at once. Returns how many are queued and served per second. */
async function queueAndServe(system: ActorSystemRef, waiting: number): Promise<number> {
  let seen = 0
  let reached: () => void = () => undefined
  const done = new Promise<void>((resolve) => (reached = resolve))
  const Counting = definePool({
    init: () => 0,
    casts: {
      tell: () => {
        if (++seen === waiting) reached()
      },
    },
  })
  const pool = spawnPool(system, Counting, undefined, { size: 8, state: 'isolated' })
  await new Promise((resolve) => setImmediate(resolve))
  const start = process.hrtime.bigint()
  for (let i = 0; i < waiting; i++) cast(pool, TELL)
  await done
  const rate = perSecond(waiting, start)
  stop(pool)
  return rate
}

/** The same with calls, and keeps a promise for each. */
async function callAndAwait(system: ActorSystemRef, waiting: number): Promise<number> {
  const Answering = definePool({ init: () => 0, calls: { ask: () => reply(1) } })
  const pool = spawnPool(system, Answering, undefined, { size: 8, state: 'isolated', timeout: 60_000 })
  await new Promise((resolve) => setImmediate(resolve))
  const answers = new Array<Promise<unknown>>(waiting)
  const start = process.hrtime.bigint()
  for (let i = 0; i < waiting; i++) answers[i] = call(pool, ASK)
  await Promise.all(answers)
  const rate = perSecond(waiting, start)
  stop(pool)
  return rate
}

/** The same with `fastq.promise`. */
async function queueAndServeByFastq(waiting: number): Promise<number> {
  let seen = 0
  let reached: () => void = () => undefined
  const done = new Promise<void>((resolve) => (reached = resolve))
  const queue = fastq.promise(async () => {
    if (++seen === waiting) reached()
  }, 8)
  const start = process.hrtime.bigint()
  for (let i = 0; i < waiting; i++) void queue.push(1)
  await done
  return perSecond(waiting, start)
}

/** Repeats a short queue until it has served as many as the long one, so that both sides pay for their garbage. */
async function often(operation: () => Promise<number>): Promise<number> {
  let seconds = 0
  for (let i = 0; i < LONG / SHORT; i++) seconds += SHORT / (await operation())
  return LONG / seconds
}

/** Compares a million that wait with a thousand. */
export function ofPool(system: ActorSystemRef): Sides {
  return { ours: () => queueAndServe(system, LONG), theirs: () => often(() => queueAndServe(system, SHORT)) }
}

export function ofCalls(system: ActorSystemRef): Sides {
  return { ours: () => callAndAwait(system, LONG), theirs: () => often(() => callAndAwait(system, SHORT)) }
}

export function ofFastq(): Sides {
  return { ours: () => queueAndServeByFastq(LONG), theirs: () => often(() => queueAndServeByFastq(SHORT)) }
}
