import type { Following } from '@genpool/core'
import {
  type CheckedBackOff,
  type Definition,
  type Errand,
  type ErrandHost,
  ErrandWorker,
  RunAgain,
} from '@genpool/core/elsewhere'
import { type Clock, clockOfThread, type GenPoolError, NS_PER_MS, referenceTo, systemClock } from '@genpool/runtime'
import { CANCELLED, claim, type Claimed, commit, isIn, RUNNING } from '../protocol/claims'
import type { JobMessage, JobToThread, Setup, ToThread } from '../protocol/messages'
import type { SharedWords } from '../protocol/shared-words'
import { isCloneable } from '../values/cloneable'
import { encodeError } from '../values/errors'
import { memberOf, poolActor } from './faces'
import type { Outbox } from './outbox'
import { MainSystem } from './system'

/** How long results wait for others at most while the thread works on. */
const FLUSH_AFTER = 0.1 * NS_PER_MS

/** Runs the jobs of one member in this thread, one after another, and reports what becomes of them. */
export class Runtime implements ErrandHost {
  #worker: ErrandWorker | null = null
  #main: MainSystem | null = null
  #clock: Clock = systemClock
  readonly #jobs: JobToThread[] = []
  #next = 0
  /** The run whose handler has begun. */
  #run: (Claimed & { readonly startedAt: number }) | null = null
  #pumping = false
  #flushedAt = 0
  #flushing = false
  /** Those whose reply address was sent away. */
  readonly #opened = new Map<number, Errand>()

  constructor(
    private readonly definition: Definition,
    private readonly words: SharedWords,
    private readonly outbox: Outbox,
  ) {}

  receive(messages: readonly ToThread[]): void {
    for (const message of messages) this.#take(message)
    this.#pump()
  }

  #take(message: ToThread): void {
    switch (message[0]) {
      case 'job':
        return void this.#jobs.push(message)
      case 'start':
        return this.#start(message[1])
      case 'cancel':
        return this.#cancel(message[1])
      case 'queried':
        return this.#main?.answered(message[1], message[2], message[3])
      case 'resolved':
        return this.#opened.get(message[1])?.resolve(message[2])
      case 'end':
        return void this.#end(message[1], message[2], message[3])
    }
  }

  #start(setup: Setup): void {
    this.#clock = clockOfThread(setup.clockOffset)
    const main = new MainSystem(setup.self.system.name ?? '', this.outbox, this.#flushLater, (address) => {
      const errand = (address as unknown as { readonly target: Errand }).target
      if (!this.#opened.has(errand.id)) this.outbox.add(['opened', errand.id])
      this.#opened.set(errand.id, errand)
      return `thread:${setup.self.path.parts.join('/')}/${setup.member.name}/${errand.id}`
    })
    this.#main = main
    const actor = poolActor(setup, main.system, this.outbox, this.#flushLater)
    const { definition } = this
    const stateOptions = setup.stateOptions
    const worker = new ErrandWorker({ definition, actor, stateOptions, clock: this.#clock }, memberOf(setup), this)
    void Promise.resolve()
      .then(() => worker.start())
      .then(
        ({ kind, reason }) => {
          this.#worker = worker
          this.#tell(['started', { kind, reason }])
        },
        (error: unknown) => this.#tell(['notStarted', encodeError(error, isCloneable)]),
      )
  }

  #tell(message: Parameters<Outbox['add']>[0]): void {
    this.outbox.add(message)
    this.outbox.flush()
  }

  // --- jobs ---

  #pump(): void {
    if (this.#pumping || this.#worker === null) return
    this.#pumping = true
    this.#flushedAt = this.#clock.now()
    while (this.#run === null && this.#next < this.#jobs.length) this.#begin(this.#jobs[this.#next++] as JobToThread)
    if (this.#next === this.#jobs.length) this.#jobs.length = this.#next = 0
    this.#pumping = false
    this.outbox.flush()
  }

  #begin([, place, message, companions]: JobToThread): void {
    const now = this.#clock.now()
    const { id, deadline } = message
    const run = { id, place, startedAt: now }
    const isTaken = isIn(this.words, run, RUNNING)
    if (isTaken) this.words.setStart(place, now)
    else if (deadline <= now) return
    else {
      this.words.setStart(place, now)
      if (!claim(this.words, run)) return this.#skip(run)
    }
    this.#run = run
    if (isTaken && deadline <= now) return this.#done(null)
    this.#runAll([message, ...(companions ?? [])])
  }

  /** Taken back; or it was given for good, and its caller has given up since. */
  #skip(run: Claimed & { readonly startedAt: number }): void {
    if (!isIn(this.words, run, CANCELLED)) return
    this.#run = run
    this.#done(null)
  }

  #runAll(messages: readonly JobMessage[]): void {
    const errands: Errand[] = []
    for (const message of messages) {
      const errand = this.#worker?.accept(message)
      if (errand === undefined || errand === null) continue
      if (message.sender !== null) errand.extend().sender = referenceTo(message.sender as never)
      errands.push(errand)
    }
    const [first, ...rest] = errands
    // All of them are invalid, and have failed.
    if (first === undefined) this.#done(null)
    else this.#worker?.run(first, rest)
  }

  #cancel(id: number): void {
    const errand = this.#worker?.running
    if (errand?.id !== id) return
    errand.giveUp(this.#reasonOf(errand))
  }

  // --- reports ---

  commits(): boolean {
    return this.#run !== null && commit(this.words, this.#run)
  }

  abortOf(errand: Errand): GenPoolError | undefined {
    const run = this.#run
    if (run === null || this.#worker?.running !== errand) return undefined
    const isOver = isIn(this.words, run, CANCELLED) || errand.deadline <= this.#clock.now()
    return isOver ? this.#reasonOf(errand) : undefined
  }

  #reasonOf(errand: Errand): GenPoolError {
    const { failures } = (this.#worker as ErrandWorker).pool
    return errand.deadline <= this.#clock.now() ? failures.expired(errand) : failures.cancelled(errand)
  }

  answered(errand: Errand, value: unknown, answered: boolean): void {
    this.#opened.delete(errand.id)
    this.outbox.addValue(['answered', errand.id, value, answered], value)
    this.#flushLater()
  }

  failed(errand: Errand, error: GenPoolError): void {
    this.#opened.delete(errand.id)
    this.outbox.add(['failedAlone', errand.id, encodeError(error, isCloneable)])
    this.#flushLater()
  }

  progress(errand: Errand, value: unknown): boolean {
    this.outbox.addValue(['progress', errand.id, value], value)
    this.outbox.flush()
    return true
  }

  done(_errand: Errand, then: Following | undefined): void {
    this.#done(then ?? null)
  }

  #done(then: Following | null): void {
    this.#ended((id, runNs) => this.outbox.add(['done', id, then, runNs]))
  }

  backOff(errand: Errand, { ns, key, again }: CheckedBackOff): void {
    this.outbox.add(['backOff', errand.id, ns / NS_PER_MS, key, again])
    this.outbox.flush()
  }

  crashed(_errand: Errand, cause: unknown): void {
    if (cause instanceof RunAgain) return this.#ended((id, runNs) => this.outbox.add(['again', id, runNs]))
    this.#ended((id, runNs) => this.outbox.add(['crashed', id, encodeError(cause, isCloneable), runNs]))
  }

  refused(_errand: Errand, error: unknown): void {
    this.#ended((id, runNs) => this.outbox.add(['refused', id, encodeError(error, isCloneable), runNs]))
  }

  #ended(report: (id: number, runNs: number) => void): void {
    const run = this.#run
    if (run === null) return
    this.#run = null
    const now = this.#clock.now()
    report(run.id, now - run.startedAt)
    if (!this.#pumping) return this.#pump()
    if (now - this.#flushedAt < FLUSH_AFTER) return
    this.#flushedAt = now
    this.outbox.flush()
  }

  readonly #flushLater = (): void => {
    // At the end of what is handled now it is sent anyway.
    if (this.#pumping || this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.outbox.flush()
    })
  }

  async #end(reason: unknown, poolStops: boolean, keeps: boolean): Promise<void> {
    this.#jobs.length = this.#next = 0
    const worker = this.#worker
    this.#worker = null
    let error: unknown = null
    try {
      await worker?.end(reason, poolStops)
    } catch (thrown) {
      error = thrown
    }
    this.#tell(['ended', error === null ? null : encodeError(error, isCloneable)])
    if (keeps) return
    // What was written to stdout is on its way first.
    systemClock.defer(() => process.exit(0))
  }
}
