import { collect } from '../measure'
import type { House } from './house'
import type { Contender, Make, Race } from './race'

/** What each contender of a race reached, in operations per second, by round. */
export interface Rates {
  readonly ours: readonly number[]
  /** The pool of the commit before. Null if there is none, or if it cannot do this. */
  readonly before: readonly number[] | null
  /** By rival. */
  readonly theirs: readonly (readonly number[])[]
}

/** One race, and which of its rivals take part. */
export interface Entry {
  readonly race: Race
  readonly rivals: readonly number[]
}

/** How long one contender runs at a time. */
const LAP_SECONDS = 0.03
/** A contender is warm after so many operations, or so many seconds: until then, V8 still optimises its code. */
const WARM = { operations: 200_000, seconds: 1 }
/** A garbage collection every so many rounds, as in an application. */
const COLLECT_EVERY = 4

interface Runner {
  readonly contender: Contender
  count: number
  readonly rates: number[]
}

/**
 * Runs all contenders of all races in turn, again and again. So a drift of the machine's speed hits all of them.
 *
 * The order changes from round to round, because each contender pays for the garbage of the one before.
 */
export async function run(entries: readonly Entry[], rounds: number, now: House, before?: House): Promise<Rates[]> {
  const prepared: { ours: Runner; before: Runner | null; theirs: Runner[] }[] = []
  for (const { race, rivals } of entries) {
    const ours = await prepare(race.ours, now)
    const old = before === undefined || race.noPool ? null : await tried(race, before)
    const theirs: Runner[] = []
    for (const index of rivals) theirs.push(await prepare(race.rivals[index]!.make, now))
    prepared.push({ ours, before: old, theirs })
  }
  const groups = prepared.map(({ ours, before: old, theirs }) => [ours, ...(old === null ? [] : [old]), ...theirs])
  for (let round = 0; round < rounds; round++) {
    if (round % COLLECT_EVERY === 0) collect()
    for (const group of shuffled(groups)) {
      for (const { contender, count, rates } of shuffled(group)) rates.push(await contender.run(count))
    }
  }
  return prepared.map(({ ours, before: old, theirs }) => ({
    ours: ours.rates,
    before: old?.rates ?? null,
    theirs: theirs.map(({ rates }) => rates),
  }))
}

/** Warms a contender up, and finds how many operations it does in one lap. */
async function prepare(make: Make, house: House): Promise<Runner> {
  const contender = await make(house)
  let count = contender.unit
  let [operations, seconds] = [0, 0]
  while (operations < WARM.operations && seconds < WARM.seconds) {
    const rate = await contender.run(count)
    operations += count
    seconds += count / rate
    count = Math.max(1, Math.round((rate * LAP_SECONDS) / contender.unit)) * contender.unit
  }
  return { contender, count, rates: [] }
}

async function tried(race: Race, before: House): Promise<Runner | null> {
  try {
    return await prepare(race.ours, before)
  } catch (error) {
    process.stderr.write(`  the commit before cannot run "${race.title}": ${String(error)}\n`)
    return null
  }
}

function shuffled<T>(values: readonly T[]): T[] {
  const order = [...values]
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[order[i], order[other]] = [order[other]!, order[i]!]
  }
  return order
}
