import { contenders } from './contenders'
import { bestOf, line, rounds, warmUp } from './ratios'

/** Tasks of one size. */
export interface Row {
  readonly title: string
  readonly us: number
  readonly inFlight: number
  /** The least that is wanted against the best of piscina, and against one thread. */
  readonly best: string
  readonly alone?: string
  /** So many times as many rounds follow in which GenPool and piscina are alone: for tasks whose ratio is within a hundredth of 1. */
  readonly closer?: number
}

export const ROWS: readonly Row[] = [
  { title: 'tiny, one at a time', us: 0, inFlight: 1, best: '1.2' },
  { title: 'tiny, 64 in flight', us: 0, inFlight: 64, best: '3, aim 6' },
  { title: 'tiny, 512 in flight', us: 0, inFlight: 512, best: '3, aim 6' },
  { title: '20 µs', us: 20, inFlight: 64, best: '1' },
  { title: '100 µs', us: 100, inFlight: 64, best: '1', alone: '1.35' },
  { title: '1 ms', us: 1000, inFlight: 64, best: '1', alone: '1.6, aim 1.9', closer: 4 },
  { title: '10 ms', us: 10_000, inFlight: 64, best: '1', closer: 2 },
]

/**
 * Each contender warms up with so many tasks of the row, or for so long: V8 optimises what a task goes through, in GenPool until some
 * 6 000 have gone through it, and its compiler takes the cores from the threads.
 */
const WARM_UP = { tasks: 6000, ms: 3000 }

const PISCINA = ['plain', 'sixteen']

/** Measures a row. Its process has done nothing else before. */
export async function measure(row: Row, times: number, ms: number): Promise<void> {
  const { us, inFlight, closer } = row
  const { runs, end } = await contenders()
  const subjects = Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, () => run(us)]))
  for (const run of Object.values(subjects)) await warmUp(run, inFlight, WARM_UP)
  const found = await rounds(subjects, { times, ms, inFlight })
  const { ours, plain, sixteen } = subjects as Record<'ours' | 'plain' | 'sixteen', () => Promise<unknown>>
  const close = await rounds({ ours, plain, sixteen }, { times: times * (closer ?? 0), ms, inFlight })
  await end()
  print(row, found, [...found, ...close])
}

type Rates = readonly Readonly<Record<string, number>>[]

/** @param close the rounds that have GenPool and piscina */
function print({ title, us, best, alone }: Row, found: Rates, close: Rates): void {
  const fastest = bestOf(close, PISCINA)
  console.log(line(`${title}: GenPool / piscina at its best`, ratios(close, fastest), best))
  for (const other of ['tinypool', 'workerpool', ...(us > 0 ? ['main'] : [])]) {
    const name = other === 'main' ? 'one thread' : other
    const goal = other === 'main' && alone !== undefined ? alone : '-'
    console.log(line(`${title}: GenPool / ${name}`, ratios(found, other), goal))
  }
}

function ratios(found: Rates, other: string): readonly number[] {
  return found.map((of) => of['ours']! / of[other]!)
}
