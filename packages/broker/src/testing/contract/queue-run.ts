import assert from 'node:assert/strict'
import { type Nanos } from '@genpool/runtime'
import { type Queue } from '../../queues/queue'
import { Waiting } from '../../queues/waiting'
import type { Arbitrary, FastCheckModule } from './fast-check'

/** A request of the queue contract. Its subject is `[group, parity]`, for queues with keys. */
export class Probe extends Waiting {
  constructor(
    readonly id: number,
    sentAt: Nanos,
    readonly group: number,
  ) {
    super(sentAt)
  }

  override get subject(): readonly number[] {
    return [this.group, this.group % 2]
  }
}

/** The queue under test. */
export interface QueueSubject {
  /** Makes the queue; `items` are already waiting. */
  create(now: Nanos, items: readonly Probe[]): Queue<Probe>
  /** Options that `configure` must accept during a run. Default: `configure` is not called. */
  readonly reconfigurations?: readonly unknown[]
}

/** One step of a random run. `after` is the time since the step before. */
export interface QueueStep {
  readonly op: 'enqueue' | 'dequeue' | 'timeout' | 'cancel' | 'remove' | 'configure'
  readonly after: Nanos
  /** Picks the request, tag, priority or options that the step needs. */
  readonly pick: number
  /** How long the request was sent before it is enqueued. */
  readonly delay: Nanos
}

export interface QueuePlan {
  readonly start: Nanos
  readonly waiting: readonly Nanos[]
  readonly steps: readonly QueueStep[]
}

const MS = 1_000_000

/** Random runs: bursts at one time, short and long waits, times at and near whole milliseconds. */
export function queuePlans(fc: FastCheckModule): Arbitrary<QueuePlan> {
  const span = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 40 }).map((ms) => ms * MS),
    fc.integer({ min: 0, max: 60 * MS }),
    fc.integer({ min: 0, max: 2000 }).map((ms) => ms * MS),
  )
  const op = fc.oneof(
    { weight: 5, arbitrary: fc.constant('enqueue' as const) },
    { weight: 4, arbitrary: fc.constant('dequeue' as const) },
    { weight: 1, arbitrary: fc.constantFrom('timeout' as const, 'cancel', 'remove', 'configure') },
  )
  return fc.record({
    start: fc.integer({ min: -1e15, max: 1e15 }),
    waiting: fc.array(span, { maxLength: 4 }),
    steps: fc.array(fc.record({ op, after: span, pick: fc.nat(1000), delay: span }), { maxLength: 60 }),
  })
}

/** Runs a queue through random steps and records the outcome of every request. */
export class QueueRun {
  readonly queue: Queue<Probe>
  now: Nanos
  readonly probes: Probe[] = []
  /** Requests that have left the queue, each with its outcome. */
  readonly gone = new Map<Probe, 'served' | 'dropped' | 'removed' | 'cancelled'>()
  readonly #subject: QueueSubject

  constructor(subject: QueueSubject, { start, waiting }: QueuePlan) {
    this.#subject = subject
    this.now = start
    const items = waiting.map((age) => this.#probe(age, this.probes.length))
    this.queue = subject.create(start, items)
    this.noteDrops()
  }

  /** The requests that must still be waiting. */
  get waiting(): readonly Probe[] {
    return this.probes.filter((probe) => !this.gone.has(probe))
  }

  play(step: QueueStep): void {
    this.now += step.after
    this.#perform(step)
    this.noteDrops()
  }

  /** Records the drops of the last call. */
  noteDrops(): void {
    for (const { entry, sojourn, waiting } of this.queue.decision.dropped) {
      assert.equal(entry.list, null, 'a dropped request still waits')
      assert.equal(sojourn, this.now - entry.sentAt, 'a drop has the wrong sojourn time')
      assert.ok(waiting >= 0)
      this.note(entry, 'dropped')
    }
  }

  note(probe: Probe, fate: 'served' | 'dropped' | 'removed' | 'cancelled'): void {
    const before = this.gone.get(probe)
    assert.equal(before, undefined, `request ${probe.id} was ${before} and now ${fate}`)
    this.gone.set(probe, fate)
  }

  #perform({ op, pick, delay }: QueueStep): void {
    const { queue, now } = this
    switch (op) {
      case 'enqueue':
        return queue.enqueue(this.#probe(delay, pick), now)
      case 'dequeue': {
        const probe = queue.dequeue(now)
        if (probe !== null) this.note(probe, 'served')
        return
      }
      case 'timeout':
        return queue.timeout(now)
      case 'cancel':
        return this.#cancel(pick % 5)
      case 'remove':
        return this.#remove(this.probes[pick % Math.max(this.probes.length, 1)])
      case 'configure': {
        const options = this.#subject.reconfigurations ?? []
        if (options.length > 0) queue.configure(options[pick % options.length], now)
        return
      }
    }
  }

  #cancel(tag: number): void {
    const tagged = this.waiting.filter((probe) => probe.tag === tag)
    assert.equal(this.queue.cancel(tag, this.now), tagged.length, 'cancel returned the wrong count')
    for (const probe of tagged) this.note(probe, 'cancelled')
  }

  #remove(probe: Probe | undefined): void {
    if (probe === undefined) return
    const waits = !this.gone.has(probe)
    assert.equal(this.queue.remove(probe, this.now), waits, 'remove returned the wrong answer')
    if (waits) this.note(probe, 'removed')
  }

  #probe(age: Nanos, pick: number): Probe {
    const probe = new Probe(this.probes.length, this.now - age, pick % 3)
    if (pick % 4 !== 0) probe.tag = pick % 5
    if (pick % 7 === 0) probe.priority = (pick % 3) - 1
    if (pick % 6 === 0) probe.key = pick % 2
    this.probes.push(probe)
    return probe
  }
}
