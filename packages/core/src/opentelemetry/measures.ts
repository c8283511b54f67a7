import type { Attributes, BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api'
import { inspect } from '../api/inspect'
import type { PoolRef } from '../behaviours/protocol'
import type { Outcome } from '../requests/outcome'
import type { RequestFacts } from '../requests/request-facts'

/** The boundaries of duration histograms in seconds: from 0.1 ms to a minute. */
const BOUNDARIES = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** The metrics of one pool: three histograms that record, and figures that are read at each collection. */
export class Measures {
  readonly #wait: Histogram
  readonly #run: Histogram
  readonly #held: Histogram
  readonly #observed: ReturnType<typeof observablesOf>
  readonly #observe: (result: BatchObservableResult) => void

  constructor(
    ref: PoolRef,
    private readonly meter: Meter,
    private readonly attributes: Attributes,
  ) {
    const duration = (name: string, description: string): Histogram =>
      meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: BOUNDARIES } })
    this.#wait = duration('genpool.wait.duration', 'How long requests waited for a member, or until they were dropped.')
    this.#run = duration('genpool.run.duration', 'How long requests ran, including commits and repeated runs.')
    this.#held = duration(
      'genpool.held.duration',
      'How long a rate or limits held requests back, of those that were held.',
    )
    this.#observed = observablesOf(meter)
    this.#observe = (result) => observe(result, this.#observed, ref, attributes)
    meter.addBatchObservableCallback(this.#observe, Object.values(this.#observed))
  }

  settled(request: RequestFacts, outcome: Outcome): void {
    const { waitedMs, ranMs, heldMs } = request.times()
    const { heldBy } = request
    const attributes = { ...this.attributes, 'genpool.type': request.type, 'genpool.outcome': outcome }
    this.#wait.record(waitedMs / 1000, attributes)
    if (request.startedAt !== null) this.#run.record(ranMs / 1000, attributes)
    if (heldBy !== undefined) this.#held.record(heldMs / 1000, { ...attributes, 'genpool.limit': heldBy })
  }

  end(): void {
    this.meter.removeBatchObservableCallback(this.#observe, Object.values(this.#observed))
  }
}

function observablesOf(meter: Meter) {
  const counter = (name: string, description: string): Observable =>
    meter.createObservableCounter(name, { description })
  const gauge = (name: string, description: string): Observable => meter.createObservableGauge(name, { description })
  return {
    requests: counter('genpool.requests', 'Finished requests, by outcome.'),
    drops: counter('genpool.drops', 'Requests that were dropped, refused, or expired in the queue, by reason.'),
    restarts: counter('genpool.restarts', 'Members that replaced another one.'),
    reruns: counter('genpool.reruns', 'Runs that were repeated, mostly because another commit came first.'),
    shared: counter('genpool.shared', 'Calls that waited for a run which another call had started.'),
    backOffs: counter('genpool.back_offs', 'How often handlers have asked to back off.'),
    length: gauge('genpool.queue.length', 'Requests that wait for a member.'),
    held: gauge('genpool.queue.held', 'Requests that a rate, a limit of a key or a back-off holds back, by limit.'),
    members: gauge('genpool.members', 'Members, by status.'),
    utilisation: gauge('genpool.utilisation', "The share of the members' time that was spent in handlers, 0 to 1."),
    version: gauge('genpool.state.version', 'The version of the shared state.'),
  }
}

function observe(
  result: BatchObservableResult,
  to: ReturnType<typeof observablesOf>,
  ref: PoolRef,
  attributes: Attributes,
): void {
  const { outcomes, drops, restarts, reruns, waiting, members, utilisation, stateVersion, ...held } = inspect(ref)
  const { rate, limits, backOff, backOffs, shared } = held
  const by = (observable: Observable, label: string, counts: Readonly<Record<string, number | undefined>>): void => {
    for (const [value, count = 0] of Object.entries(counts)) {
      result.observe(observable, count, { ...attributes, [label]: value })
    }
  }
  by(to.requests, 'genpool.outcome', outcomes)
  by(to.drops, 'genpool.reason', drops)
  by(to.members, 'genpool.status', members)
  if (rate !== undefined) result.observe(to.held, rate.waiting, { ...attributes, 'genpool.limit': 'rate' })
  if (limits !== undefined) result.observe(to.held, limits.waiting, { ...attributes, 'genpool.limit': 'limits' })
  if (backOff !== undefined) result.observe(to.held, backOff.waiting, { ...attributes, 'genpool.limit': 'backOff' })
  result.observe(to.shared, shared, attributes)
  result.observe(to.backOffs, backOffs, attributes)
  result.observe(to.restarts, restarts, attributes)
  result.observe(to.reruns, reruns, attributes)
  result.observe(to.length, waiting, attributes)
  result.observe(to.utilisation, utilisation, attributes)
  if (stateVersion !== undefined) result.observe(to.version, stateVersion, attributes)
}
