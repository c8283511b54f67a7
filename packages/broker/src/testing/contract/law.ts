import assert from 'node:assert/strict'
import type FastCheck from 'fast-check'

/** fast-check, handed in by the test that runs a contract: `import fc from 'fast-check'`. */
export type FastCheckModule = typeof FastCheck

/** How thoroughly a contract is checked. */
export interface ContractSettings {
  readonly fc: FastCheckModule
  /** How many random cases each law is tried on. Default: fast-check's own. */
  readonly runs?: number
}

/** One promise that everything of a kind keeps. */
export interface Law<Subject> {
  readonly name: string
  /** Throws, with the smallest case found, if the subject does not keep it. */
  check(subject: Subject, settings: ContractSettings): void
}

/** A law over random cases: it holds if `holds` throws for none of them. */
export function law<Subject, Value>(
  name: string,
  values: (fc: FastCheckModule) => FastCheck.Arbitrary<Value>,
  holds: (subject: Subject, value: Value) => void,
): Law<Subject> {
  return {
    name,
    check(subject, { fc, runs }) {
      const property = fc.property(values(fc), (value) => holds(subject, value))
      fc.assert(property, runs === undefined ? {} : { numRuns: runs })
    },
  }
}

/** Throws unless `attempt` throws an error whose code is `ERR_GENPOOL_INVALID`. */
export function refuses(attempt: () => unknown): void {
  assert.throws(attempt, (error) => (error as { code?: unknown }).code === 'ERR_GENPOOL_INVALID')
}
