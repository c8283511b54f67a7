import { call, definePool, reply, spawnPool } from '@genpool/core'
import { type AsyncStore, createStore, fileEngine, type FileEngine } from '@genpool/state-ane'
import Table from 'cli-table3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start, stop } from 'nact'
import { type Comparison, inFlight, passes, rowOf, runRounds } from './measure'

/**
 * `node -r ts-node/register benchmarks/journal.ts [directory]`: what group commit gives, as ratios; fails if a limit is missed.
 *
 * Both sides of a ratio write to the same disk in the same rounds. Give a directory to measure another disk.
 */
const ROUNDS = 9
const IN_FLIGHT = 64
const ALONE = 300
const TOGETHER = 6400

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'genpool-journal-'))
const engines: FileEngine[] = []

interface Counter {
  readonly count: number
  readonly name: string
}
const add = (draft: { count: number }): void => {
  draft.count += 1
}
const Counters = definePool({
  init: () => ({ count: 0, name: 'counter' }),
  calls: {
    add: (_message, _state) => reply((committed) => committed.count, add),
  },
})

async function open(): Promise<AsyncStore> {
  const engine = fileEngine(join(directory, String(engines.length)))
  engines.push(engine)
  const store = createStore({ initial: () => ({ count: 0, name: 'counter' }), journal: { engine } })
  await store.ready
  return store
}

/** The same operation, many in flight against one at a time. */
function comparison(title: string, atLeast: number | null, make: (store: AsyncStore) => () => unknown): Comparison {
  return {
    title: `${title}, ${IN_FLIGHT} in flight`,
    than: 'one at a time',
    atLeast,
    aim: atLeast === null ? null : 2 * atLeast,
    begin: async () => {
      const operation = make(await open())
      return {
        ours: () => inFlight(IN_FLIGHT, TOGETHER, operation),
        theirs: () => inFlight(1, ALONE, operation),
      }
    },
  }
}

async function main(): Promise<void> {
  const system = start()
  const comparisons = [
    comparison('recipes on one cell', 15, (store) => () => store.cell<Counter>('one').update(add)),
    comparison(
      'transactions on two cells',
      15,
      (store) => () =>
        store.transaction(['a', 'b'], (draft) => {
          add(draft.a)
          add(draft.b)
        }),
    ),
    comparison('calls of a pool of 64 members', 15, (store) => {
      const pool = spawnPool(system, Counters, 'counters', { size: 64, state: { store, key: 'one' } })
      return () => call(pool, { type: 'add' })
    }),
  ]
  const table = new Table({
    head: ['what', 'measured', 'at least', 'aim', '', 'per second'],
    style: { head: [], border: [] },
  })
  let missed = 0
  for (const each of comparisons) {
    const row = rowOf(each, await runRounds(await each.begin(system), ROUNDS))
    if (!passes(row)) missed++
    table.push([
      row.title,
      `${row.value.toPrecision(3)} ×`,
      `${row.atLeast} ×`,
      `${row.aim} ×`,
      passes(row) ? 'passed' : 'MISSED',
      row.detail,
    ])
  }
  console.log(table.toString())
  stop(system)
  await Promise.all(engines.map((engine) => engine.close()))
  rmSync(directory, { recursive: true, force: true })
  process.exit(missed === 0 ? 0 : 1)
}

void main()
