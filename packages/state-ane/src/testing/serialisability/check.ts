import { checkFunction, parseOptions, readSafely, wrongArgument } from '@genpool/runtime'
import { z } from 'zod'
import type { StoreFactory } from '../store-factory'
import { type History, type Order, serialOrder, show } from './history'
import { type Plan, randomPlan, seeded, smaller } from './plan'
import { run } from './run'

export interface CheckOptions {
  /** How many random histories to try. Default 1000. */
  readonly histories?: number
  /** Two checks with the same seed try the same histories. Default 1. */
  readonly seed?: number
  /** The required order. Default `real-time`; use `per client` for a store whose readers may see old values. */
  readonly order?: Order
}

const checkOptions = z.strictObject({
  histories: z.int().nonnegative().default(1000),
  seed: z.int().default(1),
  order: z.enum(['real-time', 'per client']).default('real-time'),
})

/** The shortest history found that no serial order explains. */
export interface Counterexample {
  readonly plan: Plan
  readonly history: History
  /** The history as text, with the plan that leads to it. */
  readonly text: string
}

/**
 * Tests whether a store is serialisable. It runs random concurrent reads, recipes, compare-and-sets, handlers and
 * transactions on several cells, with waits, crashes and refusals, and searches a serial order of each history.
 *
 * @param make makes a new store for each history
 * @returns the first history without a serial order, or undefined if all have one
 */
export async function findCounterexample(
  make: StoreFactory,
  options: CheckOptions = {},
): Promise<Counterexample | undefined> {
  checkFunction({ of: 'findCounterexample', argument: 'factory of stores' }, make)
  const { histories, seed, order } = parseOptions(checkOptions, options, 'options of findCounterexample')
  for (let i = 0; i < histories; i++) {
    const plan = randomPlan(seeded(seed * 1_000_003 + i))
    if ((await attempt(make, plan, order)) !== undefined) return shrink(make, plan, order)
  }
  return undefined
}

/** Runs a plan; returns its history if no serial order explains it. */
async function attempt(make: StoreFactory, plan: Plan, order: Order): Promise<History | undefined> {
  const errors: unknown[] = []
  const store = await make({ onWatcherError: (error) => void errors.push(error) })
  if (!readSafely(() => typeof store.cell === 'function', false)) {
    throw wrongArgument(
      { of: 'findCounterexample', argument: 'factory of stores', expected: 'one that returns a store' },
      store,
    )
  }
  const history = await run(store, plan)
  store.destroy()
  return history.fault !== undefined || serialOrder(history, order) === undefined ? history : undefined
}

async function shrink(make: StoreFactory, plan: Plan, order: Order): Promise<Counterexample | undefined> {
  for (const candidate of smaller(plan)) {
    if ((await attempt(make, candidate, order)) !== undefined) return shrink(make, candidate, order)
  }
  const history = await attempt(make, plan, order)
  if (history === undefined) return undefined
  return {
    plan,
    history,
    text: `No serial order explains this history:\n${show(history)}\nPlan: ${JSON.stringify(plan)}`,
  }
}
