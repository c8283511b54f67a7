import { spawnPool } from '@genpool/core'
import * as nact from 'nact'
import { type ActorSystemRef, spawn, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain functions and nact's own types */
/* What is asked of nact and of a pool alike: a new system for each test of the file that imports this. */
export const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
export const spawnAny = spawn as (parent: any, f: any, name?: string, properties?: any) => any
export const spawnPoolAny = spawnPool as (parent: any, f: any, name?: string, options?: any) => any

export let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

export const turns = async (n = 10): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve))
}
export const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ['answered', value],
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

/** A handler that can be held and let go. */
export function gate(): { wait: Promise<void>; open: () => void } {
  let open!: () => void
  const wait = new Promise<void>((resolve) => (open = resolve))
  return { wait, open }
}
