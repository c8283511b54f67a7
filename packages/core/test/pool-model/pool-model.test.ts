import fc from 'fast-check'
import { Bench } from './bench'
import { command } from './commands'

/** 300 in all. `GENPOOL_MODEL_RUNS` asks for more; `GENPOOL_SHRINK=1` makes a failure small, which takes long. */
const RUNS = Number(process.env['GENPOOL_MODEL_RUNS'] ?? 150)

describe('a pool under random operations', () => {
  it.each(['retry', 'exclusive', 'written'] as const)(
    'settles each request once and leaves nothing behind (%s)',
    async (commit) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(command, { minLength: 200, maxLength: 260 }),
          fc.constantFrom('drain' as const, 'drain within' as const, 'stop' as const),
          async (commands, how) => {
            const bench = new Bench(commit)
            await bench.begin()
            for (const command of commands) {
              const pending = bench.perform(command)
              if (pending !== undefined) await pending
              bench.check()
            }
            await bench.end(how)
          },
        ),
        { numRuns: RUNS, endOnFailure: process.env['GENPOOL_SHRINK'] === undefined },
      )
    },
    240_000,
  )
})
