import { figure, type Row } from '../../measure'
import { inProcess } from '../in-process'
import type { CalmOptions } from '../options'
import type { Reading } from './gauges'

interface Title extends Pick<Row, 'title' | 'unit' | 'atLeast' | 'aim'> {
  readonly gauge: string
  readonly processes: number
}

/** Less is better for all of them. */
const titles: readonly Title[] = [
  { gauge: 'idle pool', title: 'an idle pool', unit: 'KiB', atLeast: 8, aim: 4, processes: 3 },
  {
    gauge: 'pool after a call',
    title: 'a pool after its first call',
    unit: 'KiB',
    atLeast: null,
    aim: null,
    processes: 3,
  },
  { gauge: 'pools spawned', title: '10 000 pools spawned', unit: 's', atLeast: 0.6, aim: 0.2, processes: 5 },
  { gauge: 'waiting call', title: 'memory of one waiting call', unit: 'B', atLeast: 300, aim: 250, processes: 3 },
  {
    gauge: 'event loop',
    title: 'event loop delay (p99), saturated pool',
    unit: 'ms',
    atLeast: 10,
    aim: 5,
    processes: 3,
  },
]

/** Measures memory, and what is no ratio. The commit before takes turns with today's. */
export function gaugeRows({ before, quick, only, cpu }: CalmOptions): Row[] {
  const wanted = titles.filter(({ title }) => title.includes(only))
  return wanted.map(({ gauge, processes, ...rest }) => {
    process.stderr.write(`  calm: ${rest.title}\n`)
    const ours: Reading[] = []
    const theirs: Reading[] = []
    for (let i = 0; i < (quick ? 1 : processes); i++) {
      ours.push(inProcess<Reading>({ gauge, root: null, cpu }))
      if (before !== null) theirs.push(inProcess<Reading>({ gauge, root: before, cpu }))
    }
    const spread = figure(ours.map(({ value }) => value))
    const row: Row = { ...rest, value: spread.median, spread, better: 'less', detail: ours[0]!.detail ?? '' }
    if (before === null) return row
    const old = figure(theirs.map(({ value }) => value)).median
    const alone = figure(ours.map(({ value }, i) => theirs[i]!.value / value))
    return { ...row, before: { today: row.value, before: old, alone, mixed: null } }
  })
}
