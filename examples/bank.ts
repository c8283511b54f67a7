/**
 * 16 members move money between 1 000 accounts. Each account is a cell of one store. The total stays the same at every
 * moment, in whatever order the transfers run. Run it with: node -r ts-node/register examples/bank.ts
 */
import { call, definePool, getState, isGenPoolError, reply, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { start, stop } from 'nact'

const ACCOUNTS = 1000
const TRANSFERS = 20_000
const EACH = 100

interface Transfer {
  readonly from: number
  readonly to: number
  readonly amount: number
}

const system = start()

/** Slot i holds the balance of account i. No balance may be negative. */
const accounts = createStore({
  name: 'accounts',
  size: ACCOUNTS,
  initial: EACH,
  validate: (balance: unknown) => (balance as number) >= 0 || 'an account must not be overdrawn',
})

/** Adds up all accounts. */
function total(): number {
  let sum = 0
  for (let slot = 1; slot <= ACCOUNTS; slot++) sum += accounts.get<number>(slot)
  return sum
}

const Bank = definePool({
  // The pool's own state only counts transfers. The money is in the store.
  init: () => ({ transfers: 0, refused: 0 }),
  calls: {
    transfer: async ({ from, to, amount }: Transfer) => {
      // Takes a moment, so that the members really work at the same time.
      await Promise.resolve()
      try {
        await accounts.transactionWhenFree([from, to], (draft) => {
          draft[from] = (draft[from] as number) - amount
          draft[to] = (draft[to] as number) + amount
        })
        return reply(true, (draft) => void (draft.transfers += 1))
      } catch (error) {
        if (!isGenPoolError(error, 'ERR_GENPOOL_INVALID')) throw error
        return reply(false, (draft) => void (draft.refused += 1))
      }
    },
  },
})

/** Numbers that look random and are the same in every run. */
function* randomNumbers(seed: number): Generator<number> {
  for (let value = seed; ; value = (value * 48_271) % 2_147_483_647) yield value
}

async function main(): Promise<void> {
  const bank = spawnPool(system, Bank, 'bank', { size: 16 })
  const random = randomNumbers(42)
  const upTo = (n: number): number => (random.next().value as number) % n

  let looks = 0
  const wrong: number[] = []
  for (let slot = 1; slot <= ACCOUNTS; slot += 50) {
    accounts.cell<number>(slot).watch(() => {
      looks++
      const sum = total()
      if (sum !== ACCOUNTS * EACH) wrong.push(sum)
    })
  }

  const clients = Array.from({ length: 64 }, async (_, client) => {
    for (let i = client; i < TRANSFERS; i += 64) {
      const from = 1 + upTo(ACCOUNTS)
      const to = 1 + ((from + upTo(ACCOUNTS - 1)) % ACCOUNTS)
      await call(bank, { type: 'transfer', from, to, amount: 1 + upTo(60) })
    }
  })
  await Promise.all(clients)

  const { transfers, refused } = getState(bank)
  console.log(`${TRANSFERS.toLocaleString('en')} transfers between ${ACCOUNTS} accounts by 16 members`)
  console.log(`  ${transfers} done, ${refused} refused: the account would have been overdrawn`)
  console.log(`  total: ${ACCOUNTS * EACH} at the start, ${total()} at the end`)
  console.log(`  watched ${looks} changes of 20 accounts; the total was wrong in ${wrong.length} of them`)
  stop(system)
  if (wrong.length > 0 || total() !== ACCOUNTS * EACH || transfers + refused !== TRANSFERS) process.exit(1)
}

void main()
