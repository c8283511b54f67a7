import { collect } from '../measure'
import type { House } from './house'
import type { Make, Race, Rival } from './race'

/** What each contender of a race reached, in operations per second, by round. */
export interface Rates {
  readonly ours: readonly number[]
  /** The pool of the commit before. Null if there is none, or if it cannot do this. */
  readonly before: readonly number[] | null
  /** By rival. Null for a round in which the rival failed. */
  readonly theirs: readonly (readonly (number | null)[])[]
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

/** The commit before. */
interface Before {
  readonly house: House
  /** Whether its pools are made before today's: what is made first is up to 10 % faster. */
  readonly isFirst: boolean
}

interface Runner<Rate = number> {
  /** Runs `count` operations. Returns operations per second. */
  readonly run: (count: number) => Promise<Rate>
  count: number
  readonly rates: Rate[]
}

/**
 * Runs all contenders of all races in turn, again and again. So a drift of the machine's speed hits all of them.
 *
 * The order changes from round to round, because each contender pays for the garbage of the one before.
 */
export async function run(entries: readonly Entry[], rounds: number, now: House, before?: Before): Promise<Rates[]> {
  const prepared: { ours: Runner; before: Runner | null; theirs: Runner<number | null>[] }[] = []
  for (const { race, rivals } of entries) {
    const hasOld = before !== undefined && !race.noPool
    const first = hasOld && before.isFirst ? await tried(race, before.house) : null
    const ours = await ready(race.ours, now)
    const old = hasOld && !before.isFirst ? await tried(race, before.house) : first
    const theirs: Runner<number | null>[] = []
    for (const index of rivals) theirs.push(await readyToFail(race.rivals[index]!, now))
    prepared.push({ ours, before: old, theirs })
  }
  const groups = prepared.map(({ ours, before: old, theirs }) => [ours, ...(old === null ? [] : [old]), ...theirs])
  for (let round = 0; round < rounds; round++) {
    if (round % COLLECT_EVERY === 0) collect()
    for (const group of shuffled(groups)) {
      for (const { run: lap, count, rates } of shuffled<Runner<number | null>>(group)) rates.push(await lap(count))
    }
  }
  return prepared.map(({ ours, before: old, theirs }) => ({
    ours: ours.rates,
    before: old?.rates ?? null,
    theirs: theirs.map(({ rates }) => rates),
  }))
}

async function ready(make: Make, house: House): Promise<Runner> {
  const contender = await make(house)
  const lap = (count: number): Promise<number> => contender.run(count)
  return { run: lap, count: await warmUp(contender.unit, lap), rates: [] }
}

/** A rival that may fail: a round in which it does ends with null. */
async function readyToFail({ name, make }: Rival, house: House): Promise<Runner<number | null>> {
  const contender = await make(house)
  const lap = (count: number): Promise<number | null> =>
    contender.run(count).catch((error: unknown) => failed(name, error))
  return { run: lap, count: await warmUp(contender.unit, lap), rates: [] }
}

/** nact loses a query now and then: its temporary addresses have 32 random bits, and two queries may get the same one. */
function failed(name: string, error: unknown): null {
  process.stderr.write(`  a round does not count, because ${name} failed in it: ${String(error)}\n`)
  return null
}

/** Runs laps until V8 has optimised them. Returns how many operations one lap should have. */
async function warmUp(unit: number, lap: (count: number) => Promise<number | null>): Promise<number> {
  let count = unit
  let [operations, seconds] = [0, 0]
  while (operations < WARM.operations && seconds < WARM.seconds) {
    const rate = await lap(count)
    if (rate === null) continue
    operations += count
    seconds += count / rate
    count = Math.max(1, Math.round((rate * LAP_SECONDS) / unit)) * unit
  }
  return count
}

async function tried(race: Race, before: House): Promise<Runner | null> {
  try {
    return await ready(race.ours, before)
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
