import assert from 'node:assert/strict'
import type { Arbitrary, FastCheckModule } from './fast-check'

/** How thoroughly a contract is checked. */
export interface ContractSettings {
  readonly fc: FastCheckModule
  /** How many random cases each law gets. Default: the one of fast-check. */
  readonly runs?: number
}

/** A property that every implementation of a contract must have. */
export interface Law<Subject> {
  readonly name: string
  /** Throws, with the smallest failing case, if the subject breaks the law. */
  check(subject: Subject, settings: ContractSettings): void
}

/** Makes a law over random cases: it holds if `holds` never throws. */
export function law<Subject, Value>(
  name: string,
  values: (fc: FastCheckModule) => Arbitrary<Value>,
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
