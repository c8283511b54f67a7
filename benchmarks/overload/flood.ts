import { percentile } from '../measure'

/** What happened to one caller. Times are milliseconds of `performance.now()`. */
interface Fate {
  readonly sentAt: number
  /** When it was answered or dropped; undefined if it gave up before. */
  readonly knownAt: number | undefined
  readonly answered: boolean
}

/** The result of a flood. */
export interface Result {
  /** Answers in time, as a share of what the members could have served. */
  readonly goodput: number
  /** Runs that ended after their caller had gone. */
  readonly wasted: number
  readonly finished: number
  /** Percentiles of the time to an answer, in milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Median time until a dropped caller knew, in milliseconds; null if no caller was told before it gave up. */
  readonly toldAfter: number | null
  /** How long after the flood waits were back to normal, in milliseconds. */
  readonly recovery: number
}

export interface Flood {
  /** Arrivals per second. */
  readonly rate: number
  readonly seconds: number
  /** How long a caller waits, in milliseconds. */
  readonly patience: number
  /** How many can be served per second. */
  readonly capacity: number
  /** Sends one request. Resolves with the answer, and rejects when it is dropped or the caller gives up. */
  readonly send: (patience: number) => Promise<unknown>
  /** Runs that ended too late, counted by the handler. */
  readonly count: { wasted: number; finished: number }
}

/** How long half of the capacity is sent after the flood, to see when waits are normal again. */
const AFTER_SECONDS = 1.5

/** Sends requests at random times, however the earlier ones ended (open loop). Then sends half of the capacity. */
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
  const told = known.filter((fate) => !fate.answered && fate.knownAt !== undefined)
  const inFlood = answered.filter((fate) => fate.knownAt! <= end)
  // Only answers before the end count. So the first service time, in which no answer can come, lowers the goodput.
  return {
    goodput: inFlood.length / ((capacity * (end - start)) / 1000),
    wasted,
    finished,
    p50: percentile(waits, 0.5),
    p99: percentile(waits, 0.99),
    toldAfter:
      told.length === 0
        ? null
        : percentile(
            told.map((fate) => fate.knownAt! - fate.sentAt),
            0.5,
          ),
    recovery: recovered(after, end),
  }
}

/** How long after the flood the last request was sent that was slow or got no answer. */
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
