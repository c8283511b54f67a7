import { textOf } from '@genpool/runtime'
import type { GenPoolError } from '@genpool/core'
import { messageTypesOf } from '@genpool/core/elsewhere'
import {
  type Ending,
  endingOf,
  type Failure,
  reasonOf,
  stoppedBecause,
  uncountedOf,
  waitAfter,
  withFailure,
  withStop,
} from './attempts'
import { deathOf, lastOf } from './deaths'
import type { DeliveryPorts } from './delivery-ports'
import { NOTHING_KEPT } from './history'
import type { Acknowledgeable, Incoming } from './incoming'
import { tellOf } from './job-events'
import { type Job, typeOf } from './job-runs'
import { PLAIN } from './names'
import { Unknown } from './publisher'
import { offerOf } from './unknown-types'

/** So many casts that were given back are known. */
const MOST_BACK = 4096
const ENDED_FOR_LAPSE = 'this process stood still, so the cast may be with another one, and was ended here'

/** What becomes of casts after their attempts: tells the server, and who listens. */
export class Endings {
  /** When the casts were stored that were given back, or are to be tried again, by their places. */
  readonly #back = new Map<number, number>()

  constructor(
    private readonly ports: DeliveryPorts,
    /** The cast is no longer in hand. */
    private readonly finish: (job: Job) => void,
  ) {}

  ended(job: Job, error: GenPoolError | undefined, runs: number): void {
    const uncounted = uncountedOf(job.kept.tries)
    const isStopping = this.ports.isStopping() && !job.lapsed
    const ending = endingOf({ error, runs, attempt: job.attempt, uncounted, isStopping }, this.ports.rules)
    if (ending.kind === 'done') this.#done(job)
    else if (ending.kind === 'dead') this.#refused(job, error as GenPoolError, runs)
    else if (ending.kind === 'returned')
      this.giveBack(job, job.givenBack ?? reasonOf(error as GenPoolError), ending.delayMs)
    else if (ending.kind === 'stopped') this.#settle(job, () => this.#cutShort(job, error as GenPoolError))
    else this.#settle(job, () => this.#again(job, error as GenPoolError, ending))
  }

  /** Whether it was here, and something is kept of it, whatever a server says that brings it as a new one. */
  hasGivenBack({ seq, storedAt }: Acknowledgeable): boolean {
    return this.#back.get(seq) === storedAt
  }

  /** It is too old to begin. */
  expire(job: Job): void {
    this.ports.counts.expired++
    this.#acknowledge(job)
    tellOf(this.ports, job, { outcome: 'expired' })
    this.finish(job)
  }

  /** It was not run. That is no attempt. */
  giveBack(job: Job, reason: string, delayMs = 0): void {
    this.#settle(job, async () => {
      await this.#return(job, () => delayMs)
      tellOf(this.ports, job, { outcome: 'returned', reason, retryInMs: delayMs })
    })
  }

  /** It was done here, or died, and comes again: the server has not heard that. */
  repeat(job: Job): void {
    this.ports.counts.unheard++
    job.incoming.acknowledge()
    this.finish(job)
  }

  /** A delayed cast was moved twice, and the other copy is the one that runs. */
  drop(job: Job): void {
    this.ports.counts.copies++
    job.incoming.acknowledge()
    this.finish(job)
  }

  /** Nobody here knows what it is: perhaps somebody else does. It is dead after a while. */
  offer(job: Job, error: GenPoolError, type: string): void {
    const { ports } = this
    const offer = offerOf(job.kept.tries.unknown, {
      nowMs: ports.serverNow(),
      keepMs: ports.rules.keepUnknown,
      hasLane: job.lane !== PLAIN,
      rate: ports.unknowns.rate(ports.clock.now()),
    })
    if (offer === null) return this.die(job, error)
    const { unknown, delayMs, leaveMs } = offer
    if (leaveMs > 0) ports.leaveLane(job.lane, leaveMs)
    else ports.leavePlain(unknown.times)
    const backAt = ports.serverNow() + delayMs
    job.kept = { ...job.kept, tries: { ...job.kept.tries, unknown } }
    this.#settle(job, async () => {
      await this.#return(job, () => Math.max(1, backAt - ports.serverNow()))
      ports.counts.unknown++
      ports.unknowns.add(job.incoming.seq, type, { now: ports.clock.now(), againMs: Math.max(delayMs, leaveMs) })
      tellOf(ports, job, { outcome: 'returned', reason: reasonOf(error), retryInMs: delayMs })
    })
  }

  /** @param error why; undefined if nobody knows, since its last attempts ended with their processes */
  die(job: Job, error: GenPoolError | undefined): void {
    const { ports } = this
    const at = new Date(ports.serverNow())
    const last = error === undefined ? lastOf(job, at) : this.#failureOf(job, error)
    this.#settle(job, async () => {
      try {
        await ports.letters.put(job.incoming.seq, deathOf(job, last, at))
      } catch (refused) {
        if (!(refused instanceof Unknown)) await this.#dieLater(job, last)
        throw refused
      }
      this.#acknowledge(job)
      ports.counts.dead++
      ports.unknowns.remove(job.incoming.seq)
      tellOf(ports, job, { outcome: 'dead', error, reason: last.reason })
    })
  }

  /** The server could not be told: it delivers the cast again, to whoever asks, later. */
  leave(job: Job, error: unknown): void {
    this.ports.counts.left++
    tellOf(this.ports, job, { outcome: 'left', reason: textOf(error) })
    this.finish(job)
  }

  #done(job: Job): void {
    this.ports.counts.done++
    this.#acknowledge(job)
    tellOf(this.ports, job, { outcome: 'done' })
    this.finish(job)
  }

  /** A type that no handler here knows may be one of a newer version. */
  #refused(job: Job, error: GenPoolError, runs: number): void {
    const type = runs === 0 ? typeOf(job, this.ports.bodies) : undefined
    const known = type === undefined ? null : messageTypesOf(this.ports.pool)
    if (type === undefined || known === null || known.casts.includes(type)) return this.die(job, error)
    this.offer(job, error, type)
  }

  async #again(job: Job, error: GenPoolError, { delayMs }: Extract<Ending, { kind: 'again' }>): Promise<void> {
    const { history, counts } = this.ports
    const failure = this.#failureOf(job, error)
    const notBefore = this.ports.serverNow() + delayMs
    await history.write(job.incoming.seq, { ...withFailure(job.kept.tries, failure), notBefore }, job.kept)
    await this.#comeAgain(job, delayMs)
    counts.again++
    tellOf(this.ports, job, { outcome: 'again', error, retryInMs: delayMs })
  }

  /** The consumer was stopped at work. */
  async #cutShort(job: Job, error: GenPoolError): Promise<void> {
    const { history, counts, consumer } = this.ports
    const { tries } = job.kept
    const reason = stoppedBecause((tries.stops ?? 0) + 1)
    const stop = {
      attempt: job.attempt,
      at: new Date(this.ports.serverNow()),
      code: 'ERR_GENPOOL_STOPPED',
      reason,
      consumer,
    }
    await history.write(job.incoming.seq, withStop(tries, stop), job.kept)
    await this.#comeAgain(job, 0)
    counts.cutShort++
    tellOf(this.ports, job, { outcome: 'again', error, reason })
  }

  async #comeAgain({ incoming }: Job, delayMs: number): Promise<void> {
    await this.ports.forgotten()
    this.#tellAgain(incoming, delayMs)
  }

  /** @param delayMs asked when the server is told */
  async #return(job: Job, delayMs: () => number): Promise<void> {
    const { history, counts } = this.ports
    const { tries } = job.kept
    // If it was written down that it begins, it has not done so after all.
    const noted = tries.noted === job.attempt ? job.attempt - 1 : (tries.noted ?? 0)
    await history.write(job.incoming.seq, { ...tries, returned: tries.returned + 1, noted }, job.kept)
    await this.ports.forgotten()
    this.#tellAgain(job.incoming, delayMs())
    counts.returned++
  }

  #tellAgain(incoming: Incoming, delayMs: number): void {
    const { seq, storedAt } = incoming
    incoming.again(delayMs)
    this.ports.comesAgain(delayMs)
    this.#back.delete(seq)
    this.#back.set(seq, storedAt)
    if (this.#back.size <= MOST_BACK) return
    for (const oldest of this.#back.keys()) return void this.#back.delete(oldest)
  }

  /** A dead letter is not taken: the cast stays in the queue, and who knows that it is dead does not run it again. */
  async #dieLater(job: Job, last: Failure): Promise<void> {
    await this.ports.history.write(job.incoming.seq, withFailure(job.kept.tries, last), job.kept)
    await this.#comeAgain(job, waitAfter(job.attempt, this.ports.rules))
  }

  #failureOf(job: Job, error: GenPoolError): Failure {
    const isLapsed = job.lapsed && error.code === 'ERR_GENPOOL_CANCELLED'
    const reason = isLapsed ? ENDED_FOR_LAPSE : reasonOf(error)
    this.ports.failed({ id: job.header.id, code: error.code, reason })
    const at = new Date(this.ports.serverNow())
    return { attempt: job.attempt, at, code: error.code, reason, consumer: this.ports.consumer }
  }

  /** It is over, and is known here: a server that has not heard it, or forgets it, brings it again. */
  #acknowledge(job: Job): void {
    job.incoming.acknowledge()
    this.#back.delete(job.incoming.seq)
    this.ports.refusals.acknowledged(job.incoming)
    this.#forget(job)
  }

  #forget({ incoming, kept }: Job): void {
    if (kept === NOTHING_KEPT) return
    // What stays of it is forgotten by its age.
    this.ports.history.forget(incoming.seq, kept).catch(() => undefined)
  }

  /** Tells the server what became of a cast. */
  #settle(job: Job, tell: () => Promise<void>): void {
    if (!this.ports.mayTell()) return this.leave(job, 'there is no connection, and the consumer ends')
    tell().then(
      () => this.finish(job),
      (error: unknown) => this.leave(job, error),
    )
  }
}
