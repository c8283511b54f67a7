import { measureProcessorTime } from '../measure'
import { gauges } from './gauges/gauges'
import { builtIn, today } from './house'
import { races } from './races'
import { run } from './rounds'

/** What one process measures: races by their indices, or a gauge by its name. */
export type Job = { readonly cpu: boolean } & (
  | {
      readonly entries: readonly { readonly race: number; readonly rivals: readonly number[] }[]
      readonly rounds: number
      /** The folder of the commit before. */
      readonly before: string | null
      /** Whether the pools of that commit are made first. */
      readonly beforeFirst: boolean
    }
  | { readonly gauge: string; readonly root: string | null }
)

/** Measures and prints the result: `node --expose-gc child.js <job>`. */
async function main(job: Job): Promise<void> {
  if (job.cpu) measureProcessorTime()
  const result =
    'gauge' in job
      ? await gauges[job.gauge]!(job.root === null ? today() : builtIn(job.root))
      : await run(
          job.entries.map(({ race, rivals }) => ({ race: races[race]!, rivals })),
          job.rounds,
          today(),
          job.before === null ? undefined : { house: builtIn(job.before), isFirst: job.beforeFirst },
        )
  process.stdout.write(JSON.stringify(result), () => process.exit(0))
}

void main(JSON.parse(process.argv[2]!) as Job)
