/*
 * Tasks on threads: GenPool against piscina, tinypool, workerpool and the main thread alone, and what a shared state costs. Each size
 * of task has a process of its own, and so has the shared state: nothing depends on what ran before. Within it, each contender warms
 * up with up to 6 000 of these tasks, at most 3 s long; then all take turns, and each row is a ratio of the rates of one round: the
 * median, and the quartiles. piscina at its best is the one of its two settings that is faster over all rounds of the row. Takes about
 * six minutes on a quiet machine.
 *
 *   tsc -b packages/threads && tsc -p benchmarks/tsconfig.build.json && node benchmarks/dist/threads.js [rounds] [ms] [row]
 */
import { spawnSync } from 'node:child_process'
import { memoryOfThread } from './threads/contenders'
import { line } from './threads/ratios'
import { measure, ROWS } from './threads/rows'
import { sharedRows } from './threads/shared'

const TIMES = Number(process.argv[2] ?? 9)
const ROUND_MS = Number(process.argv[3] ?? 500)
const OTHERS: Readonly<Record<string, () => Promise<void>>> = {
  'shared state': async () => {
    for (const row of await sharedRows(TIMES, ROUND_MS)) console.log(row)
  },
  memory: async () => console.log(line('memory of a thread', [await memoryOfThread()], 'to be stated', 'MB')),
}

/** Measures one row here, or each in a process of its own. */
async function main(title: string | undefined): Promise<void> {
  if (title === undefined) return [...ROWS.map((row) => row.title), ...Object.keys(OTHERS)].forEach(inItsProcess)
  const row = ROWS.find((each) => each.title === title)
  const other = OTHERS[title]
  if (row !== undefined) await measure(row, TIMES, ROUND_MS)
  else if (other !== undefined) await other()
  else throw new Error(`there is no row "${title}"`)
}

function inItsProcess(title: string): void {
  const args = [...process.execArgv, __filename, String(TIMES), String(ROUND_MS), title]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

void main(process.argv[4])
