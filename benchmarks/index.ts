import { parseArgs } from 'node:util'
import { checkOut } from './against'
import { calm } from './calm'
import { chaos } from './chaos'
import { comparison } from './comparison'
import { growth } from './growth'
import { machines } from './machines'
import { measureProcessorTime, passes, type Row } from './measure'
import { overload } from './overload'
import { writeCalm } from './report/calm'
import { writeChaos } from './report/chaos'
import { writeComparison } from './report/comparison'
import { printGrowth, writeGrowth } from './report/growth'
import { writeMachines } from './report/machines'
import { writeOverload } from './report/overload'
import { writeSoak } from './report/soak'
import { print, printAgainst } from './report/terminal'
import { soak } from './soak'

const USAGE = `npm run bench -- [calm] [overload] [comparison] [growth] [machines] [soak] [chaos] [options]

Measures, prints the tables, and writes them into docs/performance.md; comparison into docs/comparison.md.
Without a name: calm, overload and growth.
machines needs a nats-server. soak ends with chaos.

  --against <commit>  calm: builds this commit, too, and runs its pools beside today's; writes nothing
  --quick             calm, growth: fewer rounds, to try something; soak, chaos: about a minute; writes nothing
  --cpu               calm, growth: processor time, for a machine on which others work, too; writes nothing
  --only <text>       calm, growth: only rows whose name contains this; writes nothing
  --minutes <n>       soak: how long it runs, 10 by default
  --chaos <n>         soak, chaos: for how many minutes threads are killed, 3 by default`

interface Options {
  readonly against: string | undefined
  readonly quick: boolean
  readonly only: string
  readonly cpu: boolean
  readonly minutes: number
  /** For how many minutes threads are killed. */
  readonly chaos: number
}
/** So many minutes with --quick. */
const QUICK_MINUTES = 0.2

const suites: Readonly<Record<string, (options: Options) => Promise<readonly Row[]>>> = {
  async calm({ against, quick, only, cpu }) {
    const before = against === undefined ? null : checkOut(against)
    const result = calm({ before: before?.root ?? null, quick, only, cpu })
    print('Calm', result.rows)
    if (before !== null) printAgainst(before.commit, result.rows)
    else if (!quick && !cpu && only === '') writeCalm(result)
    return result.rows
  },
  async overload() {
    const result = await overload()
    print('Flooded', result.rows)
    writeOverload(result)
    return result.rows
  },
  async comparison() {
    writeComparison(await comparison())
    return []
  },
  async growth({ quick, cpu, only }) {
    if (cpu) measureProcessorTime()
    const result = await growth(quick, only)
    printGrowth(result)
    print('Growth', result.rows)
    if (!quick && !cpu && only === '') writeGrowth(result)
    return result.rows
  },
  async machines() {
    const rows = await machines()
    print('Machines', rows)
    writeMachines(rows)
    return rows
  },
  async soak(options) {
    const { minutes, quick } = options
    const result = await soak(quick ? QUICK_MINUTES : minutes)
    print('Soak', result.rows)
    if (!quick) writeSoak(result)
    return [...result.rows, ...(await killThreads(options))]
  },
  chaos: killThreads,
}

async function killThreads({ chaos: minutes, quick }: Options): Promise<readonly Row[]> {
  const result = await chaos(quick ? QUICK_MINUTES : minutes)
  print('Chaos', result.rows)
  if (!quick) writeChaos(result)
  return result.rows
}

/** Reads the arguments. Explains itself and ends if they are wrong. */
function read(): { readonly names: readonly string[]; readonly options: Options } {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        against: { type: 'string' },
        quick: { type: 'boolean', default: false },
        cpu: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        minutes: { type: 'string', default: '10' },
        chaos: { type: 'string', default: '3' },
      },
    })
    const unknown = positionals.filter((name) => !(name in suites))
    if (unknown.length > 0) throw new Error(`There is no benchmark "${unknown.join(' ')}".`)
    const minutes = minutesOf('--minutes', values.minutes)
    const chaos = minutesOf('--chaos', values.chaos)
    const names = positionals.length > 0 ? positionals : values.against === undefined ? DEFAULT : ['calm']
    if (values.against !== undefined && !names.includes('calm'))
      throw new Error(`--against compares "calm" only, and you asked for "${names.join(' ')}".`)
    return {
      names,
      options: { against: values.against, quick: values.quick, only: values.only, cpu: values.cpu, minutes, chaos },
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(1)
  }
}
function minutesOf(option: string, given: string): number {
  const minutes = Number(given)
  if (!(minutes > 0)) throw new Error(`${option} must be a number above 0, and "${given}" is not.`)
  return minutes
}
const DEFAULT = ['calm', 'overload', 'growth']

async function main(): Promise<void> {
  const { names, options } = read()
  const rows: Row[] = []
  for (const name of names) rows.push(...(await suites[name]!(options)))
  const missed = rows.filter((row) => !passes(row))
  for (const row of missed) console.log(`Missed: ${row.title} (${row.detail})`)
  process.exit(missed.length === 0 ? 0 : 1)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
