import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A median with its quartiles: half of all rounds lie between `low` and `high`. */
export interface Figure {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** One measured row. `value` is compared with `atLeast` and `aim`; `better` says whether more or less is good. */
export interface Row {
  readonly title: string
  readonly value: number
  readonly unit: string
  /** The limit. Null in a row that is only there for comparison. */
  readonly atLeast: number | null
  readonly aim: number | null
  readonly better: 'more' | 'less'
  /** The figures behind the value. */
  readonly detail: string
  /** The value with its quartiles, if it was measured more than once. */
  readonly spread?: Figure | undefined
  /** The same beside all other rows in one process. It must pass the limit, too. */
  readonly mixed?: Figure | undefined
  /** Today against the commit before, where more is better; absent without `--against`. */
  readonly before?: Before | undefined
}

/** What the commit before reached in the same rounds. Null where it cannot do this. */
export interface Before {
  readonly today: number
  readonly before: number | null
  readonly alone: Figure | null
  readonly mixed: Figure | null
}

export function median(values: readonly number[]): number {
  return figure(values).median
}

/** The median and the quartiles. */
export function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
    return below + (above - below) * (place - Math.floor(place))
  }
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}

export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

/** Runs `total` operations, `width` at a time. Each gets its number, from 0. Returns operations per second. */
export async function inFlight(width: number, total: number, operation: (i: number) => unknown): Promise<number> {
  let next = 0
  const start = now()
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < total) await operation(next++)
    }),
  )
  return perSecond(total, start)
}

export function perSecond(total: number, start: bigint): number {
  return (total / Number(now() - start)) * 1e9
}

let processorTime = false

/** From now on, rates are operations per second of processor time: on a busy machine, time does not count while others run. */
export function measureProcessorTime(): void {
  processorTime = true
}

/** Nanoseconds since some moment. */
export function now(): bigint {
  if (!processorTime) return process.hrtime.bigint()
  const { user, system } = process.cpuUsage()
  return BigInt(user + system) * 1000n
}

/** Formats a rate for people. */
export function rate(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function passes({ value, mixed, atLeast, better }: Row): boolean {
  if (atLeast === null) return true
  return [value, ...(mixed === undefined ? [] : [mixed.median])].every((each) =>
    better === 'more' ? each >= atLeast : each <= atLeast,
  )
}

let gc = (globalThis as unknown as { gc?: () => void }).gc

/** Forces a garbage collection, also without `node --expose-gc`. */
export function collect(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
}
