import { type PlainFunction, spawnPool } from '@genpool/core'
import * as nact from 'nact'
import { type ActorSystemRef, type Ref, start, stop } from 'nact'

// nact's types leave the sender out, and know queries by factory only.
/* eslint-disable @typescript-eslint/no-explicit-any */
export const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
export const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
export type Spawn = (parent: any, f: PlainFunction<any, any>, name?: string, properties?: any) => Ref<any>

/** What an actor of nact's own and the pool that takes its place are spawned with. */
export const BOTH: [string, Spawn][] = [
  ['nact spawn', nact.spawn as Spawn],
  ['a pool of one', spawnPool as Spawn],
]

export let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

/** nact's systems print each fault that reaches them. */
export function silent(): void {
  beforeEach(() => {
    jest.spyOn(console, 'log').mockImplementation(() => undefined)
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
export const turns = async (n = 10): Promise<void> => {
  for (let i = 0; i < n; i++) await turn()
}
export const answer: PlainFunction<any, any> = (state, message, ctx) => {
  dispatch(ctx.sender, [state, message])
  return message
}
export const nothing: PlainFunction<any, any> = (state) => state
