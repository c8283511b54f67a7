import { produce } from 'immer'
import { now, perSecond } from '../../measure'
import type { House } from '../house'
import { MEMBERS, PATIENCE_MS } from '../pools'
import { type Contender, four, lanes, type Race, rival } from '../race'

const WIDTH = 64
const OPTIONS = { size: MEMBERS, timeout: PATIENCE_MS }
const ACCOUNTS = 20

interface Counter {
  readonly count: number
  readonly name: string
}
const COUNTER: Counter = { count: 0, name: 'counter' }

const increase = (draft: { count: number }): void => {
  draft.count += 1
}

/** Handlers that change a counter in each way that there is. */
function counters({ core, system }: House, state: 'shared' | 'isolated') {
  return four(() => {
    // A state outside the pool, which the handler changes with immer itself.
    let own = COUNTER
    const Counters = core.definePool({
      init: () => COUNTER,
      calls: {
        next: (_message, { count, name }) => core.reply(1, { count: count + 1, name }),
        recipe: (_message, _state) => core.reply(1, increase),
        produce: () => {
          own = produce(own, increase)
          return core.reply(1)
        },
      },
    })
    return core.spawnPool(system, Counters, undefined, { ...OPTIONS, ...(state === 'isolated' ? { state } : {}) })
  })
}

function counting(house: House, type: 'next' | 'recipe' | 'produce', state: 'shared' | 'isolated'): Contender {
  return lanes(WIDTH, counters(house, state), (pool) => house.core.call(pool, { type }))
}

const bank = () => ({
  total: 0,
  accounts: Object.fromEntries(Array.from({ length: ACCOUNTS }, (_, i) => [`account-${i}`, { owner: i, balance: 0 }])),
})
type Bank = ReturnType<typeof bank>
const pay = (draft: Bank, to: string): void => {
  draft.accounts[to]!.balance += 1
  draft.total += 1
}
const account = (i: number): string => `account-${i % ACCOUNTS}`

function banks({ core, system }: House): Contender {
  const Banks = core.definePool({
    init: bank,
    calls: { pay: ({ to }: { readonly to: string }) => core.reply(1, (draft) => pay(draft as Bank, to)) },
  })
  const pools = four(() => core.spawnPool(system, Banks, undefined, OPTIONS))
  return lanes(WIDTH, pools, (pool, i) => core.call(pool, { type: 'pay', to: account(i) }))
}

/** immer alone, in a plain loop on four values, without promises. */
function alone<T>(initial: () => T, recipe: (draft: T, i: number) => void): Contender {
  const values = [...four(initial)]
  return {
    unit: 1,
    run: async (count) => {
      const start = now()
      for (let i = 0; i < count; i++) values[i % 4] = produce(values[i % 4]!, (draft) => recipe(draft as T, i))
      return perSecond(count, start)
    },
  }
}

export const recipes: readonly Race[] = [
  {
    title: 'shared state, handler returns the next state',
    ours: (house) => counting(house, 'next', 'shared'),
    mixed: true,
    rivals: [rival('isolated state', (house) => counting(house, 'next', 'isolated'), 0.8, 0.95)],
  },
  {
    title: `recipe: one of ${ACCOUNTS} accounts, and the total`,
    ours: banks,
    mixed: true,
    rivals: [rival('immer.produce alone', () => alone(bank, (draft, i) => pay(draft, account(i))), 0.85, 0.95)],
  },
  {
    title: 'recipe: one number in an object of 2 keys',
    ours: (house) => counting(house, 'recipe', 'shared'),
    mixed: true,
    rivals: [
      rival('immer.produce alone', () => alone(() => ({ ...COUNTER }), increase)),
      rival('immer.produce in a handler', (house) => counting(house, 'produce', 'isolated'), 0.85, 0.95),
    ],
  },
]
