import { start, stop } from 'nact'
import { median } from '../measure'
import { type Operation, operations } from './operations'

const SIZES = [1_000, 10_000, 100_000] as const
const REPEATS = 3

/** What one operation took, in milliseconds, by its n. */
export interface Growth {
  readonly title: string
  readonly ms: readonly number[]
  /** How much longer the largest took than the one of a tenth of it: 10 is linear. */
  readonly factor: number
}

/** Measures each operation for n = 1 000, 10 000 and 100 000. */
export async function growth(): Promise<readonly Growth[]> {
  const results: Growth[] = []
  for (const operation of operations) {
    const ms: number[] = []
    for (const n of SIZES) ms.push(median(await repeated(operation, n)))
    const [, tenth = 1, whole = 0] = ms
    results.push({ title: operation.title, ms, factor: whole / tenth })
  }
  return results
}

async function repeated({ prepare }: Operation, n: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < REPEATS; i++) {
    const system = start()
    const run = await prepare(system, n)
    globalThis.gc?.()
    const begun = process.hrtime.bigint()
    await run()
    all.push(Number(process.hrtime.bigint() - begun) / 1e6)
    stop(system)
  }
  return all
}
