import type { Arbitrary, FastCheckModule } from '@genpool/broker/testing'
import type { PoolOptions } from '../../assemble/options'
import { WorkerRun, type WorkerSubject } from './worker-run'

/** How thoroughly the contract of workers is checked. */
export interface WorkerContractSettings {
  /** fast-check, handed in by the test: `import fc from 'fast-check'`. */
  readonly fc: FastCheckModule
  /** How many random cases each random law is tried on. Default: 100 in virtual time, 3 in real time. */
  readonly runs?: number
}

/** One promise that all workers keep. */
export interface WorkerLaw {
  readonly name: string
  /** Whether it is about a state that all workers share. */
  readonly sharesState: boolean
  /** Rejects if the workers of `subject` do not keep it. */
  check(subject: WorkerSubject, settings: WorkerContractSettings): Promise<void>
}

/** A law about one case. */
export function law(name: string, options: PoolOptions, holds: (run: WorkerRun) => Promise<void>): WorkerLaw {
  return { name, sharesState: false, check: (subject) => playing(subject, options, holds) }
}

/** A law about one case of a state that all workers share. */
export function sharedLaw(name: string, options: PoolOptions, holds: (run: WorkerRun) => Promise<void>): WorkerLaw {
  return { ...law(name, options, holds), sharesState: true }
}

/** A law about random cases. */
export function randomLaw<Case>(
  name: string,
  cases: (fc: FastCheckModule) => Arbitrary<Case>,
  options: (plan: Case) => PoolOptions,
  holds: (run: WorkerRun, plan: Case) => Promise<void>,
): WorkerLaw {
  return {
    name,
    sharesState: false,
    async check(subject, { fc, runs = subject.virtual === false ? 3 : 100 }) {
      const property = fc.asyncProperty(cases(fc), (plan) => playing(subject, options(plan), (run) => holds(run, plan)))
      await fc.assert(property, { numRuns: runs })
    },
  }
}

async function playing(
  subject: WorkerSubject,
  options: PoolOptions,
  play: (run: WorkerRun) => Promise<void>,
): Promise<void> {
  const run = new WorkerRun(subject, options)
  try {
    await run.ready()
    await play(run)
  } finally {
    run.end()
  }
}
