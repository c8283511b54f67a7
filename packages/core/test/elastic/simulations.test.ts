import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { plot } from './plot'
import { bursts, type Course, day, type Moment, type Scenario, simulate } from './simulation'

/** How many members would do, on average. */
const needed = ({ rate }: Moment, { service }: Scenario): number => (rate * service) / 1000
const waitsBetween = ({ waits }: Course, from: number, to: number): number[] =>
  waits
    .filter(({ ms }) => ms >= from && ms < to)
    .map(({ waited }) => waited)
    .sort((a, b) => a - b)
const percentile = (values: readonly number[], share: number): number =>
  values[Math.floor(share * (values.length - 1))] ?? NaN
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const between = ({ moments }: Course, from: number, to: number): readonly Moment[] =>
  moments.filter(({ ms }) => ms > from && ms <= to)

/** What holds for every course: each request was served, each member that began has ended. */
function isWhole({ failures, opened, closed }: Course): void {
  expect(failures).toEqual([])
  expect(closed).toBe(opened)
}

describe('an elastic size in virtual time', () => {
  it('follows bursts within a second, and surplus members end after them', async () => {
    const course = await simulate(bursts)
    isWhole(course)
    for (const burst of [3000, 15_000]) {
      // Ten would be busy all the time: after a second there are enough to work off what has piled up.
      expect(Math.max(...between(course, burst, burst + 1000).map(({ size }) => size))).toBeGreaterThan(10)
      expect(percentile(waitsBetween(course, burst + 1500, burst + 4000), 0.99)).toBeLessThan(10)
      expect(Math.max(...between(course, burst + 7000, burst + 8000).map(({ size }) => size))).toBeLessThanOrEqual(6)
    }
    expect(percentile(waitsBetween(course, 0, Infinity), 1)).toBeLessThan(300)
  })

  it('follows a day with about as many members as it needs', async () => {
    const course = await simulate(day)
    isWhole(course)
    expect(percentile(waitsBetween(course, 0, Infinity), 0.99)).toBeLessThan(20)
    const noon = between(course, 25_000, 35_000)
    expect(mean(noon.map(({ size }) => size))).toBeLessThan(2 * mean(noon.map((moment) => needed(moment, day))))
    // A fixed size that serves noon as well would be as large all the time.
    expect(mean(course.moments.map(({ size }) => size))).toBeLessThan(0.75 * Math.max(...noon.map(({ size }) => size)))
    expect(course.moments.at(-1)!.size).toBeLessThanOrEqual(4)
  })

  it('neither starts too many members nor stops while its backend is down, and grows when it is back', async () => {
    const failing: Scenario = {
      ...bursts,
      lasts: 20_000,
      rate: (ms) => (ms >= 2000 && ms < 16_000 ? 120 : 30),
      options: {
        size: { min: 2, max: 20, idle: 1000 },
        restart: { attempts: 4, backoff: { min: 100, max: 1000, jitter: 0 } },
        timeout: 60_000,
      },
      open: (clock) => {
        const ms = clock.now() / 1e6
        if (ms >= 2000 && ms < 10_000) throw new Error('the backend is down')
      },
    }
    const course = await simulate(failing)
    isWhole(course)
    const tries = course.starts.filter((ms) => ms >= 2000 && ms < 10_000)
    // Two starts in flight at the most, each with a growing wait between its tries: 4 of them in 700 ms.
    expect(tries.length).toBeGreaterThan(10)
    expect(tries.length).toBeLessThan(2 * 4 * (8000 / 700))
    expect(Math.max(...between(course, 2000, 10_000).map(({ size }) => size))).toBeLessThanOrEqual(4)
    expect(Math.max(...between(course, 10_000, 12_000).map(({ size }) => size))).toBeGreaterThan(4)
    expect(course.moments.at(-1)!.waiting).toBe(0)
  })

  it('matches the plot in the guide', async () => {
    const file = join(__dirname, '../../../../docs/public/elastic.svg')
    expect(readFileSync(file, 'utf8')).toBe(plot(await simulate(bursts), bursts))
  })
})
