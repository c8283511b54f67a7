import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One recorded step: what was done, and what could be seen afterwards. */
export interface Step<R = unknown> {
  readonly op: string
  readonly time: number
  readonly id: number
  readonly spec?: unknown
  readonly result: R
}

/** One independent recording. */
export interface Case<S extends Step = Step> {
  readonly seed: number
  readonly spec: unknown
  readonly init: { readonly time: number; readonly ids: readonly number[] }
  readonly steps: readonly S[]
}

/** The recordings of sbroker that the pure classes are held against, for the pool. */
export function recorded<S extends Step>(name: string): readonly Case<S>[] {
  const file = join(__dirname, '../../../broker/test/conformance', `${name}.json.gz`)
  return (JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as { cases: Case<S>[] }).cases
}

export const finite = (value: unknown): unknown => (value === 'infinity' ? Infinity : value)
