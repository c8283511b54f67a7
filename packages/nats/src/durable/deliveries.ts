import type { GenPoolError } from '@genpool/core'
import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { type Ending, endingOf, type Failure, openingOf, reasonOf, waitAfter, withFailure } from './attempts'
import { deathOf, lastOf } from './deaths'
import type { DeliveryPorts } from './delivery-ports'
import { isFull } from './failures'
import { NOTHING_KEPT } from './history'
import type { Incoming } from './incoming'
import { readJob } from './job-frame'
import { badJob, Job, runJob, storedAtOf } from './job-runs'
import { tellOf } from './job-events'
import { Line } from './line'

const STOOD_STILL = 'this process stood still, so the cast may be with another one'

/** The casts that a consumer has in hand: from their delivery until the server knows what became of them. */
export class Deliveries {
  readonly #inHand = new Set<Job>()
  /** Those that are not given to the pool yet. */
  #opening = 0
  #idle: (() => void) | null = null
  /** Those whose last attempt must not be lost with that of another one. */
  readonly #suspects = new Line<Job>((job) => this.#note(job))

  constructor(private readonly ports: DeliveryPorts) {}

  get size(): number {
    return this.#inHand.size
  }

  /** How many the pool does not know of yet. */
  get opening(): number {
    return this.#opening
  }

  /** How long the oldest one has been here, in milliseconds. */
  oldestMs(now: Nanos): number {
    const [oldest] = this.#inHand
    return oldest === undefined ? 0 : (now - oldest.since) / NS_PER_MS
  }

  /** Says of all that they are in work. */
  renew(): void {
    for (const { incoming } of this.#inHand) incoming.working()
  }

  /** All that is here may be somebody else's now: what runs is ended, and what has not begun never will. */
  lapse(): void {
    for (const job of this.#inHand) job.lapsed = true
    this.abort()
  }

  /** Leaves a cast that has come, and may be somebody else's. */
  letGo(incoming: Incoming, lane: number): void {
    const job = this.#open(incoming, lane)
    if (job !== null) this.#leave(job, STOOD_STILL)
  }

  /** Ends all that run: they may be somebody else's, or have to be. */
  abort(): void {
    for (const job of this.#suspects.takeWaiting()) {
      this.#opening--
      this.#settle(job, () => this.#return(job, 0))
    }
    for (const { running } of [...this.#inHand]) running?.cancel()
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    return this.#inHand.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve))
  }

  /** Takes a cast that has come, and runs it. */
  take(incoming: Incoming, lane: number): void {
    const job = this.#open(incoming, lane)
    if (job === null) return
    const covered = this.ports.marks.cover(lane, incoming.seq)
    if (covered === null && !this.#hasPast(job)) return this.#begin(job)
    this.#opening++
    this.#remember(job, covered).then(
      () => {
        this.#opening--
        this.#begin(job)
      },
      (error: unknown) => {
        this.#opening--
        this.#leave(job, error)
      },
    )
  }

  /** Gives back a cast that has come and cannot be run here. That is no attempt. */
  giveBack(incoming: Incoming, lane: number): void {
    const job = this.#open(incoming, lane)
    if (job === null) return
    this.#settle(job, async () => {
      await this.#remember(job, null)
      await this.#return(job, 0)
    })
  }

  /** Whether something may be kept of it. */
  #hasPast({ incoming, lane }: Job): boolean {
    return incoming.deliveries > 1 || this.ports.marks.isDoubtful(lane, incoming.seq)
  }

  async #remember(job: Job, covered: Promise<void> | null): Promise<void> {
    if (covered !== null) await covered
    if (this.#hasPast(job)) job.kept = await this.ports.history.read(job.incoming.seq)
  }

  /** Buries bytes that are no cast. */
  bury(incoming: Incoming, lane: number, error: unknown): void {
    const header = { id: '', key: undefined, expiresMs: undefined, delayMs: undefined, storedAt: undefined }
    const job = this.#jobOf(incoming, lane, { header, body: incoming.data })
    job.attempt = incoming.deliveries
    this.#die(job, badJob(this.ports.queue, error))
  }

  #open(incoming: Incoming, lane: number): Job | null {
    this.ports.counts.received++
    try {
      return this.#jobOf(incoming, lane, readJob(incoming.data))
    } catch (error) {
      this.bury(incoming, lane, error)
      return null
    }
  }

  #jobOf(incoming: Incoming, lane: number, { header, body }: ReturnType<typeof readJob>): Job {
    const job = new Job(incoming, lane, header, body, this.ports.clock.now())
    this.#inHand.add(job)
    return job
  }

  #begin(job: Job): void {
    const { ports } = this
    const { incoming, header, kept } = job
    const ageMs = header.expiresMs === undefined ? 0 : ports.serverNow() - storedAtOf(job)
    const mayBeForgotten = ports.marks.isDoubtful(job.lane, incoming.seq)
    const { deliveries } = incoming
    const facts = { deliveries, tries: kept.tries, ageMs, expiresMs: header.expiresMs, mayBeForgotten }
    const opening = openingOf(facts, ports.rules)
    if (opening.kind === 'expired') return this.#expire(job)
    job.attempt = opening.kind === 'run' ? opening.attempt : opening.attempts
    if (opening.kind === 'dead') return this.#die(job, undefined)
    if (!opening.isNoted) return this.#run(job)
    this.#opening++
    if (opening.isLast && opening.isSuspect) this.#suspects.join(job)
    else this.#note(job)
  }

  /** Writes down that an attempt begins, and runs it: if the process ends with the last one, the cast is dead. */
  #note(job: Job): void {
    const { incoming, kept, attempt } = job
    this.ports.history.write(incoming.seq, { ...kept.tries, noted: attempt }, kept).then(
      (written) => {
        job.kept = written
        this.#opening--
        this.#run(job)
      },
      (error: unknown) => {
        this.#opening--
        this.#leave(job, error)
      },
    )
  }

  #run(job: Job): void {
    const { ports } = this
    if (job.lapsed) return this.#leave(job, STOOD_STILL)
    try {
      runJob(job, ports, (error, runs) => this.#ended(job, error, runs))
    } catch (error) {
      this.#die(job, badJob(ports.queue, error))
    }
  }

  #ended(job: Job, error: GenPoolError | undefined, runs: number): void {
    const ending = endingOf({ error, runs, attempt: job.attempt }, this.ports.rules)
    if (ending.kind === 'done') this.#done(job)
    else if (ending.kind === 'dead') this.#die(job, error)
    else if (ending.kind === 'returned') this.#settle(job, () => this.#return(job, ending.delayMs))
    else this.#settle(job, () => this.#again(job, error as GenPoolError, ending))
  }

  #done(job: Job): void {
    this.ports.counts.done++
    job.incoming.acknowledge()
    this.#forget(job)
    tellOf(this.ports, job, { outcome: 'done' })
    this.#finish(job)
  }

  #expire(job: Job): void {
    this.ports.counts.expired++
    job.incoming.acknowledge()
    this.#forget(job)
    tellOf(this.ports, job, { outcome: 'expired' })
    this.#finish(job)
  }

  async #again(job: Job, error: GenPoolError, { delayMs }: Extract<Ending, { kind: 'again' }>): Promise<void> {
    const { history, counts } = this.ports
    const failure = this.#failureOf(job, error)
    await history.write(job.incoming.seq, withFailure(job.kept.tries, failure), job.kept)
    job.incoming.again(delayMs)
    counts.again++
    tellOf(this.ports, job, { outcome: 'again', error, retryInMs: delayMs })
  }

  async #return(job: Job, delayMs: number): Promise<void> {
    const { history, counts } = this.ports
    const { tries } = job.kept
    // If it was written down that it begins, it has not done so after all.
    const noted = tries.noted === job.attempt ? job.attempt - 1 : (tries.noted ?? 0)
    await history.write(job.incoming.seq, { ...tries, returned: tries.returned + 1, noted }, job.kept)
    job.incoming.again(delayMs)
    counts.returned++
    tellOf(this.ports, job, { outcome: 'returned', retryInMs: delayMs })
  }

  /** @param error why; undefined if nobody knows, since its last attempts ended with their processes */
  #die(job: Job, error: GenPoolError | undefined): void {
    const { ports } = this
    const at = new Date(ports.serverNow())
    const last = error === undefined ? lastOf(job, at) : this.#failureOf(job, error)
    const { incoming } = job
    this.#settle(job, async () => {
      try {
        await ports.letters.put(incoming.seq, deathOf(job, last, at))
      } catch (refused) {
        if (isFull(refused)) await this.#dieLater(job, last)
        throw refused
      }
      incoming.acknowledge()
      this.#forget(job)
      ports.counts.dead++
      tellOf(ports, job, { outcome: 'dead', error, reason: last.reason })
    })
  }

  /** There is no room for a dead letter: it stays in the queue, and who knows that it is dead does not run it again. */
  async #dieLater(job: Job, last: Failure): Promise<void> {
    await this.ports.history.write(job.incoming.seq, withFailure(job.kept.tries, last), job.kept)
    job.incoming.again(waitAfter(job.attempt, this.ports.rules))
  }

  #failureOf(job: Job, error: GenPoolError): Failure {
    const reason = reasonOf(error)
    this.ports.failed({ id: job.header.id, code: error.code, reason })
    const at = new Date(this.ports.serverNow())
    return { attempt: job.attempt, at, code: error.code, reason, consumer: this.ports.consumer }
  }

  #forget({ incoming, kept }: Job): void {
    if (kept === NOTHING_KEPT) return
    // What stays of it is forgotten by its age.
    this.ports.history.forget(incoming.seq, kept).catch(() => undefined)
  }

  /** Tells the server what became of a cast. */
  #settle(job: Job, tell: () => Promise<void>): void {
    if (!this.ports.mayTell()) return this.#leave(job, 'there is no connection, and the consumer ends')
    tell().then(
      () => this.#finish(job),
      (error: unknown) => this.#leave(job, error),
    )
  }

  /** The server could not be told: it delivers the cast again, to whoever asks, later. */
  #leave(job: Job, error: unknown): void {
    this.ports.counts.left++
    tellOf(this.ports, job, { outcome: 'left', reason: String(error) })
    this.#finish(job)
  }

  #finish(job: Job): void {
    this.#inHand.delete(job)
    this.#suspects.leave(job)
    this.ports.finished(job.lane)
    if (this.#inHand.size > 0) return
    this.#idle?.()
    this.#idle = null
  }
}
