import type { ActorSystemRef } from 'nact'

/** One row of a table: the pool (`ours`) against something else (`theirs`), in the same rounds. */
export interface Comparison {
  readonly title: string
  readonly than: string
  /** The limit of the ratio; null for a row that is only there for comparison. */
  readonly atLeast: number | null
  readonly aim: number | null
  /** How many processes measure it, and how many rounds each runs. Default 3 times 5. */
  readonly processes?: number
  readonly rounds?: number
  /** Sets both sides up. */
  readonly begin: (system: ActorSystemRef) => Sides | Promise<Sides>
}

/** Each function runs one round, and returns operations per second. */
export interface Sides {
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
}

/** Operations per second of both sides in one round. */
export interface Round {
  readonly ours: number
  readonly theirs: number
}

/** One measured row. `value` is compared with `atLeast` and `aim`; `better` says whether more or less is good. */
export interface Row {
  readonly title: string
  readonly value: number
  readonly unit: string
  /** Null in a row that is only there for comparison. */
  readonly atLeast: number | null
  readonly aim: number | null
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

/** Runs both sides in turn, so that a drift of the machine's speed hits both. */
export async function runRounds({ ours, theirs }: Sides, count: number): Promise<Round[]> {
  await ours()
  await theirs()
  const rounds: Round[] = []
  for (let round = 0; round < count; round++) {
    // The sides alternate in going first: the second one pays for the garbage of the first.
    const first = round % 2 === 0 ? await ours() : await theirs()
    const second = round % 2 === 0 ? await theirs() : await ours()
    rounds.push(round % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first })
  }
  return rounds
}

/** The median of the rounds' ratios. */
export function rowOf({ title, than, atLeast, aim }: Comparison, rounds: readonly Round[]): Row {
  const value = median(rounds.map(({ ours, theirs }) => ours / theirs))
  const detail = `${rate(median(rounds.map(({ ours }) => ours)))}/s; ${than} ${rate(median(rounds.map(({ theirs }) => theirs)))}/s`
  return { title, value, unit: '×', atLeast, aim, better: 'more', detail }
}

/** Runs `total` operations, `width` at a time. Returns operations per second. */
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

/** Formats a rate for people. */
export function rate(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function passes({ value, atLeast, better }: Row): boolean {
  if (atLeast === null) return true
  return better === 'more' ? value >= atLeast : value <= atLeast
}
