import fastq from 'fastq'
import { createPool } from 'generic-pool'
import * as nact from 'nact'
import { type ActorSystemRef, spawn } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- nact's types leave the sender out */
export const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
const spawnAny = spawn as (parent: any, f: any, name: string) => any

/** A plain nact function that answers the sender. */
export function answering(state: unknown, _message: unknown, ctx: { readonly sender: unknown }): unknown {
  dispatch(ctx.sender, 1)
  return state
}

/** Eight actors behind one that forwards messages to them in turn: a pool in plain nact. */
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

/** One actor. */
export function actor(system: ActorSystemRef): unknown {
  return spawnAny(system, answering, 'actor')
}

/** A parent that supervises a hundred children and forwards messages to them in turn. */
function parentOf100(system: ActorSystemRef): unknown {
  let next = 0
  const children: unknown[] = []
  return spawnAny(
    system,
    (state: unknown, message: unknown, ctx: { readonly sender: unknown; readonly self: unknown }) => {
      if (children.length < 100) children.push(spawnAny(ctx.self, answering, `child-${children.length}`))
      dispatch(children[next++ % children.length], message, ctx.sender)
      return state
    },
    'parent',
  )
}

const work = async (value: number): Promise<number> => value

/** Other pools and queues, set up for eight at a time as their documentation says. */
export const others: Readonly<Record<string, (system: ActorSystemRef) => Promise<() => Promise<unknown>>>> = {
  'a plain async function': async () => () => work(1),
  'fastq.promise': async () => {
    const queue = fastq.promise(work, 8)
    return () => queue.push(1)
  },
  'p-limit': async () => {
    const { default: pLimit } = await import('p-limit')
    const limit = pLimit(8)
    return () => limit(work, 1)
  },
  'p-queue': async () => {
    const { default: PQueue } = await import('p-queue')
    const queue = new PQueue({ concurrency: 8 })
    return () => queue.add(() => work(1))
  },
  'generic-pool': async () => {
    const resources = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 8, min: 8 })
    return () => resources.use(() => work(1))
  },
  'nact, one actor': async (system) => queries(actor(system)),
  'nact, a router over 8': async (system) => queries(router(system)),
  'nact, a parent of 100': async (system) => queries(parentOf100(system)),
}

function queries(ref: unknown): () => Promise<unknown> {
  return () => query(ref, { type: 'ask' }, 5000)
}
