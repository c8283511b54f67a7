import { type BatchObservableResult, type Meter, metrics, type Observable } from '@opentelemetry/api'
import type { ConsumerInspection } from '../durable/figures'

/** What is measured: a consumer of durable casts. */
interface Measured {
  inspect(): ConsumerInspection
  readonly stopped: Promise<unknown>
}

const STATES = ['waiting', 'delayed', 'unacknowledged', 'redelivered', 'dead'] as const
const OUTCOMES = ['done', 'again', 'dead', 'expired', 'returned', 'left'] as const

/**
 * Makes metrics of what a consumer of durable casts does: `genpool.jobs` by outcome, `genpool.jobs.in_hand`, `genpool.jobs.asked` and
 * `genpool.jobs.silent`; and of the whole queue, as the server says: `genpool.queue.casts` by state, and `genpool.queue.oldest`. They end
 * with the consumer.
 *
 * Traces need nothing: with `propagation: openTelemetry()` the spans of the pool belong to the trace of the sender.
 *
 * @param options `meter`: default, from the global meter provider
 * @returns ends it
 */
export function instrumentJobs(consumer: Measured, options: { readonly meter?: Meter } = {}): () => void {
  const meter = options.meter ?? metrics.getMeter('@genpool/nats')
  const counter = (name: string, description: string): Observable =>
    meter.createObservableCounter(name, { description })
  const gauge = (name: string, description: string): Observable => meter.createObservableGauge(name, { description })
  const jobs = counter('genpool.jobs', 'Deliveries of durable casts that have ended, by outcome.')
  const silent = counter(
    'genpool.jobs.silent',
    'How often nothing was heard of the server, and requests were made anew.',
  )
  const inHand = gauge('genpool.jobs.in_hand', 'Durable casts in the hands of this consumer.')
  const asked = gauge('genpool.jobs.asked', 'For how many more durable casts it has asked.')
  const casts = gauge(
    'genpool.queue.casts',
    'Durable casts at the server, by state. The same from each consumer of a queue.',
  )
  const oldest = gauge('genpool.queue.oldest', 'The age of the oldest of them that is not held back, in milliseconds.')
  const all = [jobs, silent, inHand, asked, casts, oldest]
  const observe = (result: BatchObservableResult): void => {
    const seen = consumer.inspect()
    const attributes = { 'genpool.queue': seen.queue }
    for (const outcome of OUTCOMES) {
      result.observe(jobs, seen[outcome], { ...attributes, 'genpool.outcome': outcome })
    }
    result.observe(silent, seen.silent, attributes)
    result.observe(inHand, seen.inHand, attributes)
    result.observe(asked, seen.asked, attributes)
    for (const state of STATES) {
      if (seen.server !== null) result.observe(casts, seen.server[state], { ...attributes, 'genpool.state': state })
    }
    if (seen.server !== null) result.observe(oldest, seen.server.oldestMs, attributes)
  }
  meter.addBatchObservableCallback(observe, all)
  const end = (): void => meter.removeBatchObservableCallback(observe, all)
  void consumer.stopped.then(end)
  return end
}
