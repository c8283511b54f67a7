import { createStore } from '@genpool/state-ane'
import type { Attempt, Recipe, Step, SyncCell } from '@genpool/state-ane'

/** The state that is committed to. */
export interface Counter {
  readonly count: number
}
export type Run = (state: Counter, attempt: Attempt) => Step<Counter> | Promise<Step<Counter>>

export const counter = (): SyncCell<Counter> => createStore().cell('counter', { initial: { count: 0 } })
export const add: Recipe<Counter> = (draft) => {
  draft.count += 1
}

/** A promise that is settled from outside: the test decides when a handler goes on. */
export function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open!: () => void
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { open, passed }
}

/** A handler that returns a state computed after an await, the way that loses updates without a version check. */
export const slowly =
  (passed: Promise<void>, attempts: Attempt[] = []): Run =>
  async (state, attempt) => {
    attempts.push(attempt)
    await passed
    return { next: { count: state.count + 1 } }
  }
