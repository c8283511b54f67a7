import { explain, getOptions, getWaiting, inspect, type Inspection, type PoolRef } from '@genpool/core'
import { proposalFor } from '../actions/proposal'
import { Columns } from './columns'
import { Marks } from './marks'
import { membersOf } from './members'
import type { Detail, Hello, Row } from './messages'
import { type Sample, sampleOf, type Totals, totalsOf } from './sample'
import { boundsOf, thresholdsOf } from './thresholds'
import { HISTORY_SECONDS, type Watched } from './watched'

/** One pool of this process, with its past. */
export class WatchedPool implements Watched {
  readonly #columns = new Columns(HISTORY_SECONDS)
  readonly #marks: Marks
  #figures: Inspection
  #totals: Totals
  #sample: Sample

  constructor(
    readonly id: string,
    readonly pool: PoolRef,
    private readonly nowMs: () => number,
  ) {
    this.#figures = inspect(pool)
    this.#totals = totalsOf(this.#figures, nowMs())
    this.#sample = sampleOf(this.#figures, this.#totals, this.#totals, 0)
    this.#marks = new Marks(pool, nowMs)
  }

  measure(loopMs: number): void {
    this.#figures = inspect(this.pool)
    const totals = totalsOf(this.#figures, this.nowMs())
    this.#sample = sampleOf(this.#figures, totals, this.#totals, loopMs)
    this.#totals = totals
    this.#columns.add(this.#sample)
  }

  get history(): Hello['history'] {
    return this.#columns.read()
  }

  /** Only for visitors: `explain` looks at each waiting request. */
  get row(): Row {
    const { members, size, waiting } = this.#figures
    const { replied, dropped, errors } = this.#sample
    const findings = [...new Set(explain(this.pool).findings.map(({ finding }) => finding))]
    return { id: this.id, findings, busy: members.busy, size, waiting, replied, dropped, errors }
  }

  get detail(): Detail {
    const options = getOptions(this.pool)
    const figures = inspect(this.pool)
    const findings = explain(this.pool).findings
    return {
      kind: 'pool',
      id: this.id,
      figures,
      sample: this.#sample,
      findings: findings.map((finding) => ({ ...finding, proposal: proposalFor(finding, options) })),
      members: membersOf(this.pool, figures),
      waits: getWaiting(this.pool),
      thresholds: thresholdsOf(options),
      marks: this.#marks.since(this.nowMs() - HISTORY_SECONDS * 1000),
      bounds: boundsOf(options),
    }
  }

  end(): void {
    this.#marks.end()
  }
}
