import fc from 'fast-check'
import { type Broker, type EngineOptions, type Match } from '../../src'
import { Job } from './model'

export const MS = 1_000_000

const seldom = <T>(usual: T, ...rare: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...rare) })

export const command = fc.record({
  op: fc.constantFrom(
    ...(['ask', 'ask', 'ask', 'ask', 'askR', 'askR', 'askR', 'done', 'done', 'done', 'done'] as const),
    ...(['unrun', 'putBack', 'remove', 'time', 'cancel', 'backOff', 'configure', 'take'] as const),
  ),
  tenant: fc.constantFrom('a', 'b', 'c', undefined),
  user: fc.constantFrom('u', 'v', undefined),
  cost: fc.constantFrom(1, 2),
  priority: seldom(0, 1, -1),
  key: seldom<string | undefined>(undefined, 'k'),
  tag: seldom<string | undefined>(undefined, 't'),
  lasts: fc.constantFrom(Infinity, Infinity, 5, 20),
  pick: fc.nat(100),
  ms: fc.constantFrom(0, 0, 0, 1, 3),
})
export type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

const rate = fc.record({ limit: fc.integer({ min: 2, max: 5 }), interval: fc.integer({ min: 2, max: 9 }) })
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | false> => fc.option(arbitrary, { nil: false, freq: 3 })
export const options: fc.Arbitrary<EngineOptions> = fc.record({
  client: fc.record({
    type: fc.constant('drop' as const),
    order: fc.constantFrom('fifo', 'adaptive', 'lifo'),
    max: fc.constantFrom(Infinity, Infinity, 6),
  }),
  rate: maybe(
    fc.tuple(rate, fc.constantFrom({}, { by: 'user' }, { cost: 'cost' })).map(([all, more]) => ({ ...all, ...more })),
  ),
  limits: maybe(
    fc.record({
      by: fc.constant('tenant'),
      concurrency: fc.constantFrom(1, 1, 2, Infinity),
      max: fc.constantFrom(Infinity, Infinity, 2),
      rate: fc.oneof({ weight: 2, arbitrary: fc.constant<false>(false) }, { weight: 1, arbitrary: rate }),
    }),
  ),
}) as fc.Arbitrary<EngineOptions>

/** A broker with all that it was given. Each gets jobs of its own. */
export class Side {
  readonly #jobs: Job[] = []
  readonly #running: Job[] = []
  /** Requests that began without being offered, each with its member. */
  readonly #begun: [number, number][] = []
  readonly told: unknown[] = []
  now = 0

  constructor(readonly broker: Broker<Job, Job>) {}

  /** Does it, and delivers the matches that it made possible. */
  run(command: Command, changed: EngineOptions): void {
    // Without a call there is no new decision.
    if (this.#running.length === 0 && ['done', 'unrun', 'putBack', 'backOff'].includes(command.op)) return
    const result = this.#do(command, changed)
    const dropped = this.#dropped()
    for (let match = this.broker.match(this.now); match !== null; match = this.broker.match(this.now)) {
      this.#begin(match)
      dropped.push(...this.#dropped())
    }
    const { broker, now } = this
    this.told.push({
      ...command,
      result,
      dropped: [...dropped, ...this.#dropped()],
      begun: this.#begun.splice(0),
      requests: [...broker.requests].map(({ task }) => task.id),
      members: [...broker.members].map(({ task }) => task.id),
      figures: [broker.limits(now), broker.length, broker.lengthR, broker.relativeTime(now)],
    })
  }

  #do(command: Command, changed: EngineOptions): unknown {
    const { broker, now } = this
    const of = (jobs: readonly Job[]): Job => jobs[command.pick % jobs.length] ?? this.#job()
    if (command.op === 'ask') {
      const job = this.#job(command)
      const member = broker.ask(job, now)
      if (member !== null) this.#running.push(job)
      return member?.task.id
    }
    if (command.op === 'askR') return this.#serve(broker.askR(this.#job(), now))
    if (command.op === 'take') return this.#serve(broker.take(now))
    if (command.op === 'configure') return broker.configure(changed, now)
    if (command.op === 'cancel') return broker.cancel('t', now)
    if (command.op === 'remove') return broker.remove(of(this.#jobs), now)
    if (command.op === 'time') return broker.timeout(now)
    const job = of(this.#running)
    if (command.op === 'backOff') {
      const key = command.tenant === undefined ? {} : { key: command.tenant }
      return broker.backOff({ entry: job, ...key }, now + command.ms * MS, now)
    }
    this.#running.splice(this.#running.indexOf(job), 1)
    if (command.op === 'putBack') return broker.putBack(job, now)?.task.id
    const match = broker.release(job, now, command.op === 'done')
    if (match !== null) this.#begin(match)
    return job.task.id
  }

  #begin({ ask, askR }: Match<Job, Job>): void {
    this.#running.push(ask)
    this.#begun.push([ask.task.id, askR.task.id])
  }

  #serve(job: Job | null): unknown {
    if (job !== null) this.#running.push(job)
    return job?.task.id
  }

  #dropped(): unknown[] {
    const { dropped, droppedR } = this.broker.decision
    return [...dropped, ...droppedR].map(({ entry, ...rest }) => ({ ...rest, id: entry.task.id }))
  }

  #job({ tenant, user, cost, lasts, ...rest }: Partial<Command> = {}): Job {
    const job = new Job({ id: this.#jobs.length, tenant, user, cost: cost ?? 1 }, this.now)
    this.#jobs.push(job)
    const { priority = 0, key, tag } = rest
    return Object.assign(job, { priority, key, tag, deadline: this.now + (lasts ?? Infinity) * MS })
  }
}
