import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { halved, type Served, serve } from './backend'

const THIRDS = [0, 12_000, 24_000]
const LIMITS = [2, 4, 5, 6, 7, 8, 12, 24] as const

/** How many were answered in time, in each third. */
const counts = ({ answers }: Served): number[] =>
  THIRDS.map((from) => answers.filter((ms) => ms >= from && ms < from + 12_000).length)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const row = (name: string, thirds: readonly number[]): string =>
  `| ${[name, ...[...thirds, sum(thirds)].map((count) => String(count))].join(' | ')} |`

describe('a limit that learns before a backend whose capacity halves and recovers', () => {
  let fixed: ReadonlyMap<number, number[]>
  let learnt: Served
  beforeAll(async () => {
    fixed = new Map()
    const results = new Map<number, number[]>()
    for (const limit of LIMITS) results.set(limit, counts(await serve(halved, { concurrency: limit })))
    fixed = results
    learnt = await serve(halved, { concurrency: 'gradient' })
  })

  it('serves at least 90 % of what the best fixed limit serves, in each third', () => {
    const best = [...fixed.values()].reduce((a, b) => (sum(b) > sum(a) ? b : a))
    expect(sum(counts(learnt))).toBeGreaterThan(0.9 * sum(best))
    counts(learnt).forEach((count, third) => expect(count).toBeGreaterThan(0.9 * best[third]!))
  })

  it('serves far more than without a limit, above all while the backend is weak', () => {
    const all = fixed.get(24)!
    expect(sum(counts(learnt))).toBeGreaterThan(1.4 * sum(all))
    expect(counts(learnt)[1]).toBeGreaterThan(1.8 * all[1]!)
  })

  it('follows the capacity down and up again, while the floor stays the same', () => {
    const at = (ms: number) => learnt.limits.find((moment) => moment.ms === ms)!
    expect(at(20_000).limit).toBeLessThan(at(11_000).limit)
    expect(at(26_000).limit).toBeGreaterThan(at(20_000).limit)
    for (const ms of [11_000, 20_000, 35_000]) {
      expect(at(ms).floorMs).toBeGreaterThan(22)
      expect(at(ms).floorMs).toBeLessThan(38)
    }
  })

  it('matches the table in the guide', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/guide/concurrency.md'), 'utf8')
    const squeezed = page.replace(/ +/g, ' ')
    for (const [limit, thirds] of fixed)
      expect(squeezed).toContain(row(limit === 24 ? '24 (all)' : String(limit), thirds))
    expect(squeezed).toContain(row("`'gradient'`", counts(learnt)))
  })
})
