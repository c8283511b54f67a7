import { createStore } from '@genpool/state-ane'
import Table from 'cli-table3'
import { enablePatches, produce, produceWithPatches } from 'immer'
import { median, perSecond, rate } from './measure'

/** `node -r ts-node/register benchmarks/state.ts`: what commits cost, as ratios; fails if a limit is missed. */
const ROUNDS = 15
const TOTAL = 40_000

interface Counter {
  readonly count: number
  readonly name: string
  readonly tags: readonly string[]
}
const INITIAL: Counter = { count: 0, name: 'counter', tags: ['a', 'b', 'c'] }
const add = (draft: { count: number }): void => {
  draft.count += 1
}

interface Comparison {
  readonly title: string
  /** The limit of the ratio: seconds of `first` over seconds of `second`. */
  readonly atMost: number
  readonly first: () => void
  readonly second: () => void
  /** How often each runs in one round. */
  readonly times?: number
}

function measure(operation: () => void, times: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < times; i++) operation()
  return perSecond(times, start)
}

function comparisons(): Comparison[] {
  const store = createStore()
  const cell = store.cell<Counter>('counter', { initial: INITIAL })
  const watched = store.cell<Counter>('watched', { initial: INITIAL })
  watched.watch(() => undefined)
  const many = createStore()
  for (let i = 0; i < 100_000; i++) many.cell(`cell-${i}`, { initial: INITIAL })
  const one = many.cell<Counter>('cell-50000')
  const big = createStore().cell<Record<string, number>>('big', {
    initial: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key-${i}`, i])),
  })
  const small = createStore()
  for (let i = 0; i < 10_000; i++) small.cell(`key-${i}`, { initial: i })
  let bare = INITIAL
  let patched = INITIAL
  let returned = INITIAL
  return [
    {
      title: 'update(recipe) without a watcher, against immer.produce',
      atMost: 1.15,
      first: () => cell.update(add),
      second: () => void (bare = produce(bare, add)),
    },
    {
      title: 'update(recipe) with a watcher, against immer.produceWithPatches',
      atMost: 1.15,
      first: () => watched.update(add),
      second: () => void (patched = produceWithPatches(patched, add)[0]),
    },
    {
      title: 'a returned next state, against immer.produce',
      atMost: 0.5,
      first: () => cell.compareAndSet(cell.version, { ...cell.value, count: cell.value.count + 1 }),
      second: () => void (returned = produce(returned, add)),
    },
    {
      title: 'a commit beside 100 000 cells, against one cell',
      atMost: 1.2,
      first: () => one.update(add),
      second: () => cell.update(add),
    },
    {
      title: 'a cell for each of 10 000 keys, against one object of 10 000 keys',
      atMost: 0.1,
      times: 60,
      first: () => small.cell<number>('key-5000').update((value) => (value as number) + 1),
      second: () => big.update((draft) => void (draft['key-5000'] = (draft['key-5000'] ?? 0) + 1)),
    },
  ]
}

function main(): void {
  enablePatches()
  const table = new Table({ head: ['cost', 'measured', 'at most', '', 'per second'], style: { head: [], border: [] } })
  let missed = 0
  for (const { title, atMost, first, second, times = TOTAL } of comparisons()) {
    const pairs: [number, number][] = []
    for (let round = -1; round < ROUNDS; round++) {
      const turn = round % 2 === 0
      const a = turn ? measure(first, times) : 0
      const b = measure(second, times)
      const pair: [number, number] = [turn ? a : measure(first, times), b]
      if (round >= 0) pairs.push(pair)
    }
    const ratio = median(pairs.map(([a, b]) => b / a))
    const right = ratio <= atMost
    if (!right) missed++
    const speeds = [0, 1].map((side) => rate(median(pairs.map((pair) => pair[side] as number)))).join(' / ')
    table.push([title, `${ratio.toPrecision(3)} ×`, `${atMost} ×`, right ? 'passed' : 'MISSED', speeds])
  }
  console.log(table.toString())
  process.exit(missed === 0 ? 0 : 1)
}

main()
