import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { earlyMs, openingOf, withLost } from './attempts'
import { originIn } from './copies'
import type { DeliveryPorts } from './delivery-ports'
import { Endings } from './endings'
import type { ConsumerInspection } from './figures'
import { InHand } from './in-hand'
import type { Incoming } from './incoming'
import { NewerJob, NO_HEADER, readJob } from './job-frame'
import { badJob, Job, runJob, storedAtOf } from './job-runs'
import { PLAIN } from './names'
import { Turns } from './turns'

/** What has run for so many times `ackWait` keeps no other one from its turn. */
const LONGEST_TURN = 10
const STOPPED = 'the consumer stops'
const NO_ROOM = 'more came than the pool could begin'
const EARLY = 'it came before its "backoff" was over: who had it before could not tell the server when it is to come'
const HELD =
  'it waited here for long, since limits of the pool or busy members held it back: others may be able to begin it'
/** For so long who gives back a cast with a key leaves its lane to others. */
const LEAVES_MS = 500
const MOST_DOUBLINGS = 3
const STOOD_STILL = 'this process stood still, so the cast may be with another one'

/** The casts that a consumer has in hand: from their delivery until the server knows what became of them. */
export class Deliveries {
  readonly #inHand = new InHand()
  /** Those that are not given to the pool yet. */
  #opening = 0
  /** Those that may begin. A last attempt that must not be lost with another cast has its turn alone. */
  readonly #turns: Turns<Job>

  readonly #endings: Endings

  constructor(private readonly ports: DeliveryPorts) {
    const { clock, ackWaitMs } = ports
    this.#turns = new Turns(clock, LONGEST_TURN * ackWaitMs * NS_PER_MS, (job) => this.#hasTurn(job))
    this.#endings = new Endings(ports, (job) => this.#finish(job))
  }

  get size(): number {
    return this.#inHand.size
  }

  /** How many the pool does not know of yet. */
  get opening(): number {
    return this.#opening
  }

  /** Whether the cast of this place is in hand. */
  has(seq: number): boolean {
    return this.#inHand.at(seq) !== undefined
  }

  /** Whether one runs alone, or waits for that: others cannot begin now. */
  get isHeld(): boolean {
    return this.#turns.isHeld
  }

  /** The one that runs alone, or waits for that. */
  get alone(): ConsumerInspection['alone'] {
    const { alone } = this.#turns
    if (alone === null) return null
    const { header, attempt } = alone.one
    return { id: header.id, attempt, running: alone.isRunning }
  }

  /** How long the oldest one has been here, in milliseconds. */
  oldestMs(now: Nanos): number {
    return this.#inHand.oldestMs(now)
  }

  /** How many times a cast in hand ended since its consumer was stopped: of that for which it is the most. */
  get mostStops(): number {
    return this.#inHand.mostStops
  }

  /** Says of all that they are in work, and gives back what the pool could not begin for long. */
  renew(): void {
    const now = this.ports.clock.now()
    for (const job of this.#inHand) {
      job.incoming.working()
      if (this.#isHeld(job, now)) this.#takeBack(job)
    }
  }

  /** Longer each time that it was given back: nobody may be able to begin it. */
  #isHeld({ since, kept, lapsed }: Job, now: Nanos): boolean {
    const times = Math.min(MOST_DOUBLINGS, kept.tries.returned)
    return !lapsed && now - since >= (this.ports.ackWaitMs / 3) * 2 ** times * NS_PER_MS
  }

  #takeBack(job: Job): void {
    job.givenBack = HELD
    if (job.running?.takeBack() !== true) job.givenBack = undefined
    else if (job.lane !== PLAIN) this.ports.leaveLane(job.lane, LEAVES_MS)
  }

  /** All that is here may be somebody else's now: what runs is ended, and what has not begun never will. */
  lapse(): void {
    for (const job of this.#inHand) job.lapsed = true
    this.abort()
  }

  /** Leaves a cast that has come, and may be somebody else's. */
  letGo(incoming: Incoming, lane: number): void {
    const job = this.#open(incoming, lane)
    if (job !== null) this.#endings.leave(job, STOOD_STILL)
  }

  /** Ends all that run: they may be somebody else's, or have to be. */
  abort(): void {
    for (const job of this.#turns.takeWaiting()) {
      this.#opening--
      if (job.lapsed) this.#endings.leave(job, STOOD_STILL)
      else this.#endings.giveBack(job, STOPPED)
    }
    for (const { running } of [...this.#inHand]) running?.cancel()
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    return this.#inHand.idle()
  }

  /** Takes a cast that has come, and runs it. */
  take(incoming: Incoming, lane: number): void {
    if (this.#isHere(incoming, lane)) return
    const job = this.#open(incoming, lane)
    if (job === null) return
    if (this.ports.refusals.isUnheard(incoming)) return this.#endings.repeat(job)
    const covered = this.ports.marks.cover(lane, incoming.seq)
    if (covered === null && !isCopy(job) && !this.#hasPast(job)) return this.#begin(job)
    this.#opening++
    this.#prepare(job, covered).then(
      (mayRun) => {
        this.#opening--
        if (mayRun) this.#begin(job)
        else this.#endings.drop(job)
      },
      (error: unknown) => {
        this.#opening--
        this.#endings.leave(job, error)
      },
    )
  }

  /** Gives back a cast that has come and cannot be run here. That is no attempt. */
  giveBack(incoming: Incoming, lane: number): void {
    if (this.#isHere(incoming, lane)) return
    const job = this.#open(incoming, lane)
    if (job === null) return
    this.#remember(job, null).then(
      () => this.#endings.giveBack(job, this.ports.isStopping() ? STOPPED : NO_ROOM),
      (error: unknown) => this.#endings.leave(job, error),
    )
  }

  /**
   * Whether it is in hand. A server that was restarted, or away for long, brings it once more, and one that has given back a cast to requests
   * that nobody hears brings another one as a new one (2.9). Who has it answers the newest delivery.
   */
  #isHere(incoming: Incoming, lane: number): boolean {
    const job = this.#inHand.at(incoming.seq)
    if (job === undefined || job.lapsed || job.incoming.storedAt !== incoming.storedAt) return false
    job.incoming = incoming
    this.ports.finished(lane)
    return true
  }

  /** Whether something may be kept of it. */
  #hasPast({ incoming, lane }: Pick<Job, 'incoming' | 'lane'>): boolean {
    if (incoming.deliveries > 1 || this.ports.marks.isDoubtful(lane, incoming.seq)) return true
    return this.#endings.hasGivenBack(incoming)
  }

  /** Learns what must be known before it begins. Returns whether it may: of copies one does. */
  async #prepare(job: Job, covered: Promise<void> | null): Promise<boolean> {
    await this.#remember(job, covered)
    const { incoming } = job
    const origin = isCopy(job) ? originIn(incoming.messageId) : null
    if (origin === null) return true
    if (!(await this.ports.copies.mayRun(origin, incoming.seq))) return false
    if (origin.isLetter) await this.ports.letters.begins(origin)
    return true
  }

  async #remember(job: Job, covered: Promise<void> | null): Promise<void> {
    if (covered !== null) await covered
    if (this.#hasPast(job)) job.kept = await this.ports.history.read(job.incoming.seq)
  }

  /** Buries bytes that are no cast. Those of a newer version are one for somebody else. */
  bury(incoming: Incoming, lane: number, error: unknown): void {
    const job = this.#jobOf(incoming, lane, { header: NO_HEADER, body: incoming.data })
    job.attempt = incoming.deliveries
    const bad = badJob(this.ports.queue, error)
    if (!(error instanceof NewerJob)) return this.#endings.die(job, bad)
    this.#remember(job, null).then(
      () => this.#endings.offer(job, bad, error.type),
      (failed: unknown) => this.#endings.leave(job, failed),
    )
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
    this.ports.marks.saw(incoming.storedAt)
    const job = new Job(incoming, lane, header, body, this.ports.clock.now())
    this.#inHand.add(job)
    return job
  }

  #begin(job: Job): void {
    const { ports } = this
    const { incoming } = job
    if (this.#isTooOld(job)) return this.#endings.expire(job)
    const mayBeForgotten = ports.marks.isDoubtful(job.lane, incoming.seq)
    const { deliveries } = incoming
    if (deliveries > 1 && !mayBeForgotten) this.#countLost(job)
    const early = earlyMs(job.kept.tries, ports.serverNow())
    if (early > 0) return this.#tooEarly(job, early)
    const opening = openingOf({ deliveries, tries: job.kept.tries, mayBeForgotten }, ports.rules)
    job.attempt = opening.kind === 'run' ? opening.attempt : opening.attempts
    if (opening.kind === 'dead') return this.#endings.die(job, undefined)
    job.isNoted = opening.isNoted
    job.isUnsure = opening.isUnsure
    this.#opening++
    this.#turns.join(job, opening.isLast && opening.isSuspect)
  }

  #tooEarly(job: Job, ms: number): void {
    job.attempt = (job.kept.tries.failures.at(-1)?.attempt ?? 0) + 1
    this.#endings.giveBack(job, EARLY, ms)
  }

  #isTooOld(job: Job): boolean {
    const { expiresMs } = job.header
    return expiresMs !== undefined && this.ports.serverNow() - storedAtOf(job) >= expiresMs
  }

  #hasTurn(job: Job): void {
    if (job.isNoted) return this.#note(job)
    this.#opening--
    this.#run(job)
  }

  #countLost(job: Job): void {
    const { serverNow, ackWaitMs } = this.ports
    const { incoming, kept } = job
    const from = Math.max(incoming.storedAt, kept.tries.failures.at(-1)?.at.getTime() ?? 0)
    const facts = { deliveries: incoming.deliveries, sinceMs: serverNow() - from, ackWaitMs }
    job.kept = { ...kept, tries: withLost(kept.tries, facts) }
  }

  /** Writes down that an attempt begins, and runs it: if the process ends with the last one, the cast is dead. */
  #note(job: Job): void {
    const { incoming, kept, attempt, isUnsure } = job
    this.ports.history.write(incoming.seq, { ...kept.tries, noted: attempt, isUnsure }, kept).then(
      (written) => {
        job.kept = written
        this.#opening--
        this.#run(job)
      },
      (error: unknown) => {
        this.#opening--
        this.#endings.leave(job, error)
      },
    )
  }

  #run(job: Job): void {
    const { ports } = this
    if (job.lapsed) return this.#endings.leave(job, STOOD_STILL)
    // It may have waited for its turn.
    if (this.#isTooOld(job)) return this.#endings.expire(job)
    try {
      runJob(job, ports, (error, runs) => this.#endings.ended(job, error, runs))
    } catch (error) {
      this.#endings.die(job, badJob(ports.queue, error))
    }
  }

  #finish(job: Job): void {
    this.#inHand.remove(job)
    this.#turns.leave(job)
    this.ports.finished(job.lane)
    this.#inHand.tellIdle()
  }
}

/** Whether there may be another one: it was moved or sent again. */
function isCopy({ header: { storedAt, isSentAgain } }: Job): boolean {
  return storedAt !== undefined || isSentAgain
}
