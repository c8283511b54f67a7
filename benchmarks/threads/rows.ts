import { contenders } from './contenders'
import { line, rounds, warmUp } from './ratios'

/** Tasks of one size. */
export interface Row {
  readonly title: string
  readonly us: number
  readonly inFlight: number
  /** The least that is wanted against the best of piscina, and against one thread. */
  readonly best: string
  readonly alone?: string
}

export const ROWS: readonly Row[] = [
  { title: 'tiny, one at a time', us: 0, inFlight: 1, best: '1.2' },
  { title: 'tiny, 64 in flight', us: 0, inFlight: 64, best: '3, aim 6' },
  { title: 'tiny, 512 in flight', us: 0, inFlight: 512, best: '3, aim 6' },
  { title: '20 µs', us: 20, inFlight: 64, best: '1' },
  { title: '100 µs', us: 100, inFlight: 64, best: '1', alone: '1.35' },
  { title: '1 ms', us: 1000, inFlight: 64, best: '1', alone: '1.6, aim 1.9' },
  { title: '10 ms', us: 10_000, inFlight: 64, best: '1' },
]

/**
 * Each contender warms up with so many tasks of the row, or for so long: V8 optimises what a task goes through, in GenPool until some
 * 6 000 have gone through it, and its compiler takes the cores from the threads.
 */
const WARM_UP = { tasks: 6000, ms: 3000 }

/** Measures a row. Its process has done nothing else before. */
export async function measure({ title, us, inFlight, best, alone }: Row, times: number, ms: number): Promise<void> {
  const { runs, end } = await contenders()
  const subjects = Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, () => run(us)]))
  for (const run of Object.values(subjects)) await warmUp(run, inFlight, WARM_UP)
  const found = await rounds(subjects, { times, ms, inFlight })
  await end()
  const against = found.map((of) => of['ours']! / Math.max(of['plain']!, of['sixteen']!))
  console.log(line(`${title}: GenPool / piscina at its best`, against, best))
  const others = ['tinypool', 'workerpool', ...(us > 0 ? ['main'] : [])]
  for (const other of others) {
    const name = other === 'main' ? 'one thread' : other
    const goal = other === 'main' && alone !== undefined ? alone : '-'
    const ratios = found.map((of) => of['ours']! / of[other]!)
    console.log(line(`${title}: GenPool / ${name}`, ratios, goal))
  }
}
