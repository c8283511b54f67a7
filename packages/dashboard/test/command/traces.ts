import { type Load, type Trace, traceOf } from '@genpool/dashboard'
import { writeFileSync } from 'node:fs'

export const LOAD: Load = { seconds: 15, rate: 40, runMs: { p50: 50, p99: 200 }, patience: 2000 }

/** Writes a trace as recordTrace does, with these lines behind it. */
export function writeTrace(
  file: string,
  { pool, timeoutMs, requests }: Trace = traceOf(LOAD),
  ...more: readonly string[]
): void {
  const head = JSON.stringify({ genpool: 'trace', version: 1, pool, timeoutMs })
  writeFileSync(file, [head, ...requests.map((request) => JSON.stringify(request)), ...more, ''].join('\n'))
}
