import { today } from './calm/house'
import { journalRaces } from './calm/races/journal'
import { run } from './calm/rounds'
import { lapsOf, rowOf } from './calm/rows'
import { passes } from './measure'
import { print } from './report/terminal'

/**
 * `node -r ts-node/register benchmarks/journal.ts [directory]`: what group commit gives, as ratios; fails if a
 * limit is missed.
 *
 * Both sides of a ratio write to the same disk in the same rounds. Give a directory to measure another disk.
 */
const ROUNDS = 24

async function main(): Promise<void> {
  const races = journalRaces(process.argv[2])
  const rows = []
  for (const race of races) {
    const [rates] = await run([{ race, rivals: [0] }], ROUNDS, today())
    rows.push(rowOf(race, race.rivals[0]!, lapsOf(rates!, 0), null))
  }
  print('Journal', rows)
  process.exit(rows.every(passes) ? 0 : 1)
}

void main()
