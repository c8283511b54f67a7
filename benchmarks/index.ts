import { calm } from './calm'
import { growth } from './growth'
import { machines } from './machines'
import { passes, type Row } from './measure'
import { overload } from './overload'
import { print, printGrowth, writeCalm, writeGrowth, writeMachines, writeOverload } from './report'

const SUITES = ['calm', 'overload', 'growth', 'machines']

/** `npm run bench [-- calm | overload | growth | machines]`: measures, prints, writes docs/performance.md; fails if a limit is missed. */
async function main(): Promise<void> {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter((name) => !SUITES.includes(name))
  if (unknown.length > 0) {
    console.error(`There is no benchmark "${unknown.join(' ')}". Use ${SUITES.join(', ')}, or no argument for all.`)
    process.exit(1)
  }
  const rows: Row[] = []
  if (wanted.length === 0 || wanted.includes('calm')) {
    const result = await calm()
    print('Calm', result.rows)
    writeCalm(result.rows, result.rates)
    rows.push(...result.rows)
  }
  if (wanted.length === 0 || wanted.includes('overload')) {
    const result = await overload()
    print('Flooded', result.rows)
    writeOverload(result)
    rows.push(...result.rows)
  }
  if (wanted.length === 0 || wanted.includes('growth')) {
    const results = await growth()
    printGrowth(results)
    writeGrowth(results)
  }
  if (wanted.length === 0 || wanted.includes('machines')) {
    const result = await machines()
    print('Machines', result)
    writeMachines(result)
    rows.push(...result)
  }
  const missed = rows.filter((row) => !passes(row))
  for (const row of missed) console.log(`Missed: ${row.title} (${row.detail})`)
  process.exit(missed.length === 0 ? 0 : 1)
}

void main()
