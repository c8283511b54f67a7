import { start, stop } from 'nact'
import { collect, figure, type Figure, now, type Row } from '../measure'
import { type Footprint, memory } from './memory'
import { type Group, type Operation, operations } from './operations'

const LEAST = 10
const REPEATS = 3
/** What takes longer than this is measured once, in milliseconds. */
const LONG = 3000
/** Below this n, what an operation costs once hides what each of n costs. */
const TENTH = 10_000
/**
 * By how much 100 000 may take longer than 10 000. Linear is 10, n log n is 12.5, and quadratic is 100. What is above 12.5 is
 * memory: the tables leave the processor's caches, and the collector has more to look at.
 */
const FACTOR = 30

/** What one operation took, in milliseconds, by its n. */
interface Times {
  readonly title: string
  readonly group: Group
  readonly ms: readonly (readonly [number, Figure])[]
  /** How much longer 100 000 took than 10 000. */
  readonly factor: number
}

export interface Growth {
  readonly times: readonly Times[]
  readonly footprints: readonly Footprint[]
  /** The limits of both. */
  readonly rows: readonly Row[]
}

/** Measures the time of each operation, and the memory of what there can be many of, whose title contains `only`. */
export async function growth(quick: boolean, only: string): Promise<Growth> {
  const times: Times[] = []
  for (const operation of operations.filter(({ title }) => title.includes(only))) {
    times.push(await timesOf(operation, quick))
  }
  const { footprints, rows } = memory(quick, only)
  return { times, footprints, rows: [...(quick ? [] : times.map(rowOf)), ...rows] }
}

async function timesOf(operation: Operation, quick: boolean): Promise<Times> {
  const { title, group, most } = operation
  process.stderr.write(`  growth: ${title}\n`)
  const ms: [number, Figure][] = []
  for (let n = LEAST; n <= (quick ? TENTH : most); n *= 10) ms.push([n, figure(await repeated(operation, n))])
  const of = (size: number): number => ms.find(([n]) => n === size)?.[1].median ?? NaN
  return { title, group, ms, factor: of(10 * TENTH) / of(TENTH) }
}

async function repeated({ prepare }: Operation, n: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < REPEATS && (i === 0 || all[0]! < LONG); i++) {
    const system = start()
    const run = await prepare(system, n)
    collect()
    const begun = now()
    await run()
    all.push(Number(now() - begun) / 1e6)
    stop(system)
  }
  return all
}

function rowOf({ title, factor }: Times): Row {
  const bars = { unit: '×', atLeast: FACTOR, aim: 12.5, better: 'less' } as const
  return { title: `${title}: 100 000 / 10 000`, value: factor, detail: '', ...bars }
}
