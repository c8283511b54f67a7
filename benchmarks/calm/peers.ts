import fastq from 'fastq'
import { createPool } from 'generic-pool'
import * as nact from 'nact'
import { perSecond } from '../measure'
import { type ActorSystemRef, spawn } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- nact's types leave the sender out */
export const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const spawnAny = spawn as (parent: any, f: any, name: string) => any

/** A plain nact function that answers who asked. */
export function answering(state: unknown, _message: unknown, ctx: { readonly sender: unknown }): unknown {
  dispatch(ctx.sender, 1)
  return state
}

/** Eight actors behind one that passes messages on in turn: what nact offers for a pool. */
export function router(system: ActorSystemRef): unknown {
  const workers = Array.from({ length: 8 }, (_, i) => spawnAny(system, answering, `worker-${i}`))
  let next = 0
  return spawnAny(
    system,
    (state: unknown, message: unknown, ctx: { readonly sender: unknown }) => {
      dispatch(workers[next++ % 8], message, ctx.sender)
      return state
    },
    'router',
  )
}

/** How fast a queue of `waiting` tasks is served, which is filled before. */
export async function serveFromFastq(waiting: number): Promise<number> {
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

/** The pools and queues of others, set up as their documentation advises for eight at a time. */
export async function others(): Promise<Readonly<Record<string, () => Promise<unknown>>>> {
  const work = async (value: number): Promise<number> => value
  const queue = fastq.promise(work, 8)
  const { default: PQueue } = await import('p-queue')
  const { default: pLimit } = await import('p-limit')
  const pQueue = new PQueue({ concurrency: 8 })
  const limit = pLimit(8)
  const resources = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 8, min: 8 })
  return {
    'a plain async function': () => work(1),
    'fastq.promise': () => queue.push(1),
    'p-limit': () => limit(work, 1),
    'p-queue': () => pQueue.add(() => work(1)),
    'generic-pool': () => resources.use(() => work(1)),
  }
}
