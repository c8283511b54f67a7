import { explain, getOptions, inspect, type PoolRef } from '@genpool/core'
import { diffOf, optionAt } from '../actions/diff'
import { proposalFor } from '../actions/proposal'
import { Columns } from './columns'
import { MarkList } from './mark-list'
import type { Hello, RemoteDetail, Row } from './messages'
import { nodesOf } from './nodes'
import type { RemoteFigures } from '../remote-figures'
import { remoteSampleOf, type RemoteTotals, remoteTotalsOf, waitingOf } from './remote-sample'
import type { Sample } from './sample'
import { HISTORY_SECONDS, type Watched } from './watched'

/** A pool that runs elsewhere, as this process sees it, with its past. */
export class WatchedRemote implements Watched {
  readonly #columns = new Columns(HISTORY_SECONDS)
  readonly #marks: MarkList
  #figures: RemoteFigures
  #totals: RemoteTotals
  #sample: Sample
  #options: object

  constructor(
    readonly id: string,
    readonly pool: PoolRef,
    private readonly nowMs: () => number,
  ) {
    this.#marks = new MarkList(nowMs)
    this.#options = getOptions(pool)
    this.#figures = this.#look()
    this.#totals = remoteTotalsOf(this.#figures, nowMs())
    this.#sample = remoteSampleOf(this.#figures, this.#totals, this.#totals, 0)
  }

  measure(loopMs: number): void {
    const before = this.#figures
    this.#figures = this.#look()
    const totals = remoteTotalsOf(this.#figures, this.nowMs())
    this.#sample = remoteSampleOf(this.#figures, totals, this.#totals, loopMs)
    this.#totals = totals
    this.#columns.add(this.#sample)
    this.#mark(before, this.#figures)
    this.#markChanges()
  }

  get history(): Hello['history'] {
    return this.#columns.read()
  }

  get row(): Row {
    const { nodes } = this.#figures
    const { replied, dropped, errors } = this.#sample
    const findings = [...new Set(explain(this.pool).findings.map(({ finding }) => finding))]
    const sum = (of: (node: RemoteFigures['nodes'][number]) => number): number =>
      nodes.reduce((all, node) => all + of(node), 0)
    const [size, idle] = [sum((node) => node.size), sum((node) => node.idle)]
    const waiting = waitingOf(this.#figures)
    return { id: this.id, findings, busy: Math.max(0, size - idle), size, waiting, replied, dropped, errors }
  }

  get detail(): RemoteDetail {
    const options = this.#markChanges()
    const { nodes, ...figures } = this.#look()
    const maxInFlight = optionAt(options, 'maxInFlight')
    return {
      kind: 'remote',
      id: this.id,
      figures,
      sample: this.#sample,
      findings: explain(this.pool).findings.map((finding) => ({ ...finding, proposal: proposalFor(finding, options) })),
      nodes: nodesOf(nodes),
      maxInFlight: typeof maxInFlight === 'number' ? maxInFlight : null,
      marks: this.#marks.since(this.nowMs() - HISTORY_SECONDS * 1000),
    }
  }

  end(): void {
    // It listens to nothing.
  }

  #look(): RemoteFigures {
    return inspect(this.pool) as unknown as RemoteFigures
  }

  /** Returns the options that are in force. An address tells of no events, so what has changed is found by comparing. */
  #markChanges(): object {
    const options = getOptions(this.pool)
    const changes = diffOf(this.#options, options).map(({ path, from, to }) => `${path} ${from} → ${to}`)
    this.#options = options
    if (changes.length > 0) this.#marks.add(changes.join(', '))
    return options
  }

  /** What happens to nodes and to the address are lines in the plots. */
  #mark(earlier: RemoteFigures, { nodes, connected, phase }: RemoteFigures): void {
    const { nodes: before, connected: wasConnected } = earlier
    const [known, now] = [idsOf(before), idsOf(nodes)]
    for (const id of now) if (!known.has(id)) this.#marks.add(`node ${id} came`)
    for (const id of known) if (!now.has(id)) this.#marks.add(`node ${id} is gone`)
    if (phase !== earlier.phase) this.#marks.add(phase === 'draining' ? 'drain' : phase)
    if (connected !== wasConnected) this.#marks.add(connected ? 'connected again' : 'connection lost')
  }
}

function idsOf(nodes: RemoteFigures['nodes']): ReadonlySet<string> {
  return new Set(nodes.map(({ id }) => id))
}
