import { start } from 'nact'
import { type Comparison, runRounds } from '../measure'
import { againstOthers, comparisons } from './comparisons'

/** All comparisons, in the same order in parent and child: the child gets an index. */
export const all: readonly Comparison[] = [...Object.values(againstOthers), ...comparisons]

/** Measures one comparison and prints its rounds: `child.ts <index> <rounds>`. */
async function main([index, rounds]: readonly string[]): Promise<void> {
  const comparison = all[Number(index)]
  if (comparison === undefined) throw new Error(`there is no comparison ${index ?? ''}`)
  const result = await runRounds(await comparison.begin(start()), Number(rounds))
  process.stdout.write(JSON.stringify(result), () => process.exit(0))
}

if (require.main === module) void main(process.argv.slice(2))
