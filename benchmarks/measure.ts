/** What is compared in one row of a table: something of ours against something else, in the same rounds. */
export interface Comparison {
  readonly title: string
  /** Operations per second of ours, once per round. */
  readonly ours: () => Promise<number>
  /** The same of what it is compared with. */
  readonly theirs: () => Promise<number>
  readonly than: string
  readonly atLeast: number
  readonly aim: number
}

/** A row as it was measured. `value` is held against the bars; `better` says which side of them is good. */
export interface Row {
  readonly title: string
  readonly value: number
  readonly unit: string
  readonly atLeast: number
  readonly aim: number
  readonly better: 'more' | 'less'
  /** The figures behind the value. */
  readonly detail: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

/** Runs both sides in turn, so that a drift of the machine's speed hits both, and takes the median of the rounds' ratios. */
export async function compare({ title, ours, theirs, than, atLeast, aim }: Comparison, rounds: number): Promise<Row> {
  await ours()
  await theirs()
  const pairs: { ours: number; theirs: number }[] = []
  for (let round = 0; round < rounds; round++) {
    // Who goes first alternates: the second one finds the garbage of the first.
    const first = round % 2 === 0 ? await ours() : await theirs()
    const second = round % 2 === 0 ? await theirs() : await ours()
    pairs.push(round % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first })
  }
  const value = median(pairs.map((pair) => pair.ours / pair.theirs))
  const detail = `${rate(median(pairs.map((pair) => pair.ours)))}/s; ${than} ${rate(median(pairs.map((pair) => pair.theirs)))}/s`
  return { title, value, unit: '×', atLeast, aim, better: 'more', detail }
}

/** `total` operations, `width` of them at any time. Returns operations per second. */
export async function inFlight(width: number, total: number, operation: () => unknown): Promise<number> {
  let left = total
  const start = process.hrtime.bigint()
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) await operation()
    }),
  )
  return perSecond(total, start)
}

export function perSecond(total: number, start: bigint): number {
  return (total / Number(process.hrtime.bigint() - start)) * 1e9
}

/** A rate as a person reads it. */
export function rate(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function passes({ value, atLeast, better }: Row): boolean {
  return better === 'more' ? value >= atLeast : value <= atLeast
}
