import { percentile } from '../measure'

/** One caller's fate. Times are milliseconds of `performance.now()`. */
interface Fate {
  readonly sentAt: number
  /** When it was answered or told of its refusal; undefined if it gave up before. */
  readonly knownAt: number | undefined
  readonly answered: boolean
}

/** What a flood left behind. */
export interface Result {
  /** Answers in time, as a share of what the members could have given. */
  readonly goodput: number
  /** Runs that ended after their caller had gone. */
  readonly wasted: number
  readonly finished: number
  /** Of the answered, in milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Median time until a refused caller knew. */
  readonly toldAfter: number
  /** How long after the flood the waits were back to normal, in milliseconds. */
  readonly recovery: number
}

export interface Flood {
  /** Arrivals per second. */
  readonly rate: number
  readonly seconds: number
  /** How long a caller waits, in milliseconds. */
  readonly patience: number
  /** What could be served per second. */
  readonly capacity: number
  /** Sends one request. It resolves with the answer, and rejects when it is refused or given up. */
  readonly send: (patience: number) => Promise<unknown>
  /** Runs that ended too late, counted by the handler. */
  readonly count: { wasted: number; finished: number }
}

/** Half of the capacity, for so long after the flood: to see when the waits are normal again. */
const AFTER_SECONDS = 1.5

/** Sends requests at random times that do not care how the last ones fared (open loop), then lets it calm down. */
export async function flood({ rate, seconds, patience, capacity, send, count }: Flood): Promise<Result> {
  count.wasted = count.finished = 0
  const fates: Promise<Fate>[] = []
  const sendOne = (): void => void fates.push(fateOf(send, patience))
  const start = performance.now()
  await arrivals(rate, seconds, sendOne)
  const end = performance.now()
  const during = fates.splice(0)
  await arrivals(capacity / 2, AFTER_SECONDS, sendOne)
  const after = await Promise.all(fates)
  const known = await Promise.all(during)
  const { wasted, finished } = count
  const answered = known.filter((fate) => fate.answered)
  const waits = answered.map((fate) => fate.knownAt! - fate.sentAt)
  const refused = known.filter((fate) => !fate.answered && fate.knownAt !== undefined)
  const inFlood = answered.filter((fate) => fate.knownAt! <= end)
  // The first answers need a service time to come; what is under way at the end counts for what came before.
  return {
    goodput: inFlood.length / ((capacity * (end - start)) / 1000),
    wasted,
    finished,
    p50: percentile(waits, 0.5),
    p99: percentile(waits, 0.99),
    toldAfter: percentile(
      refused.map((fate) => fate.knownAt! - fate.sentAt),
      0.5,
    ),
    recovery: recovered(after, end),
  }
}

/** When the last request was sent after the flood that did not get its answer soon. */
function recovered(after: readonly Fate[], end: number): number {
  const slow = after.filter((fate) => !fate.answered || fate.knownAt! - fate.sentAt > 60)
  return slow.reduce((last, fate) => Math.max(last, fate.sentAt - end), 0)
}

async function fateOf(send: (patience: number) => Promise<unknown>, patience: number): Promise<Fate> {
  const sentAt = performance.now()
  try {
    await send(patience)
    const knownAt = performance.now()
    return knownAt - sentAt <= patience + 5
      ? { sentAt, knownAt, answered: true }
      : { sentAt, knownAt: undefined, answered: false }
  } catch {
    const knownAt = performance.now()
    return { sentAt, knownAt: knownAt - sentAt < patience - 5 ? knownAt : undefined, answered: false }
  }
}

/** Calls `arrive` at the times of a Poisson process. */
export async function arrivals(rate: number, seconds: number, arrive: () => void): Promise<void> {
  const start = performance.now()
  let next = start
  for (;;) {
    const now = performance.now()
    for (; next <= now && next < start + seconds * 1000; next += (-Math.log(1 - Math.random()) / rate) * 1000) arrive()
    if (now >= start + seconds * 1000) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
