import type { Following } from '@genpool/core'
import {
  type CheckedBackOff,
  type Definition,
  type Errand,
  type ErrandHost,
  ErrandWorker,
  RunAgain,
} from '@genpool/core/elsewhere'
import {
  type Clock,
  clockOfThread,
  type GenPoolError,
  InvalidError,
  NS_PER_MS,
  referenceTo,
  systemClock,
} from '@genpool/runtime'
import { CANCELLED, claim, commit, isIn, revoke, RUNNING } from '../protocol/claims'
import type { Awake } from '../protocol/awake'
import type { JobMessage, JobToThread, Setup, ToThread } from '../protocol/messages'
import type { SharedWords } from '../protocol/shared-words'
import { faultIn, isCloneable } from '../values/cloneable'
import { encodeError } from '../values/errors'
import { CommittingLanes } from './committing-lanes'
import { memberOf } from './faces'
import { makeState } from './first-state'
import { Flushing } from './flushing'
import { HeapMeter } from './heap-meter'
import { JobQueue } from './job-queue'
import { Lanes, type Lane, type Run } from './lanes'
import { LongHandlers } from './long-handlers'
import type { Outbox } from './outbox'
import { PoolFaces } from './pool-faces'
import { traceScope } from './trace-scope'
import { SharedReplica } from './shared-replica'

const NOBODY: readonly Errand[] = []

/** Runs the jobs of one member in this thread, one after another, and reports what becomes of them. */
export class Runtime implements ErrandHost {
  #worker: ErrandWorker | null = null
  #lanes: Lanes | null = null
  #shared: SharedReplica | null = null
  #pool: PoolFaces | null = null
  #clock: Clock = systemClock
  readonly #jobs = new JobQueue()
  readonly #outbox: Outbox
  readonly #awake: Awake
  readonly #flushing: Flushing
  readonly #heap: HeapMeter
  readonly #long = new LongHandlers()

  constructor(
    private readonly definition: Definition,
    private readonly words: SharedWords,
    { outbox, awake }: { readonly outbox: Outbox; readonly awake: Awake },
  ) {
    this.#outbox = outbox
    this.#awake = awake
    this.#flushing = new Flushing(
      outbox,
      () => this.#pump(),
      () => this.#jobs.size,
    )
    this.#heap = new HeapMeter(words)
  }

  receive(messages: readonly ToThread[]): void {
    this.#awake.heard()
    for (const message of messages) this.#take(message)
    this.#pump()
  }

  #take(message: ToThread): void {
    switch (message[0]) {
      case 'job':
        return void this.#jobs.push(message)
      case 'start':
        return this.#start(message[1])
      case 'init':
        return void this.#init(message[1])
      case 'state':
        return this.#shared?.receive(message[1])
      case 'options':
        return this.#worker?.pool.configure(message[1])
      case 'cancel':
        return this.#cancel(message[1])
      case 'queried':
        return this.#pool?.queried(message[1], message[2], message[3])
      case 'resolved':
        return this.#pool?.resolved(message[1], message[2])
      case 'end':
        return void this.#end(message[1], message[2], message[3])
    }
  }

  #faces(setup: Setup): PoolFaces {
    const clock = (this.#clock = clockOfThread(setup.clockOffset))
    return (this.#pool = new PoolFaces(setup, { definition: this.definition, clock }, this.#outbox, () =>
      this.#flushing.later(),
    ))
  }

  async #init(setup: Setup): Promise<void> {
    this.#tell(await makeState(this.#faces(setup).local, memberOf(setup)))
  }

  #start(setup: Setup): void {
    const faces = this.#faces(setup)
    const runs = new CommittingLanes(() => this.#lanes, this.#clock, this.#flushing)
    this.#shared = setup.shared === null ? null : new SharedReplica(setup.shared, this.#outbox, runs)
    const worker = new ErrandWorker(faces.local, memberOf(setup), this, this.#shared?.cell)
    void Promise.resolve()
      .then(() => worker.start())
      .then(
        ({ kind, reason }) => {
          this.#worker = worker
          this.#lanes = new Lanes(worker, this.#shared)
          this.#tell(['started', { kind, reason }])
        },
        (error: unknown) => this.#tell(['notStarted', encodeError(error, isCloneable)]),
      )
  }

  #tell(message: Parameters<Outbox['add']>[0]): void {
    this.#outbox.add(message)
    this.#outbox.flush()
  }

  // --- jobs ---

  #pump(): void {
    const lanes = this.#lanes
    if (this.#flushing.isHeld || lanes === null) return
    this.#flushing.hold(this.#clock.now())
    for (let job; (job = this.#jobs.first) !== undefined && lanes.mayBegin(job[2]);) {
      this.#jobs.shift()
      this.#begin(lanes, job)
    }
    this.#heap.measure(this.#clock.now())
    this.#shared?.cell.rest(lanes.turnLength)
    this.#flushing.release()
    if (lanes.current === undefined) this.#awake.wait()
  }

  #begin(lanes: Lanes, [, place, message, companions]: JobToThread): void {
    const now = this.#clock.now()
    const { id, deadline, isPatient } = message
    const run: Run = { id, place, startedAt: now, isPatient }
    const isTaken = isIn(this.words, run, RUNNING)
    if (isTaken) this.words.setStart(place, now)
    else if (deadline <= now) return
    else {
      this.words.setStart(place, now)
      // Taken back; or it was given for good, and its caller has given up since.
      if (!claim(this.words, run))
        return isIn(this.words, run, CANCELLED) ? this.#done(lanes.begin(run), null) : undefined
    }
    const lane = lanes.begin(run)
    if (isTaken && deadline <= now) return this.#done(lane, null)
    if (companions === null) this.#runOne(lane, message)
    else this.#runAll(lane, [message, ...companions])
  }

  #runOne(lane: Lane, message: JobMessage): void {
    const errand = this.#accept(lane, message)
    if (errand === null) this.#done(lane, null)
    else this.#run(lane, errand, NOBODY)
  }

  /** Null if it is invalid, and has failed. */
  #accept({ worker }: Lane, message: JobMessage): Errand | null {
    const errand = worker.accept(message)
    if (errand !== null && message.sender !== null) errand.extend().sender = referenceTo(message.sender as never)
    if (errand !== null && message.trace !== undefined) errand.extend().scope = traceScope(errand, message.trace)
    return errand
  }

  #runAll(lane: Lane, messages: readonly JobMessage[]): void {
    const [first, ...rest] = messages.flatMap((message) => this.#accept(lane, message) ?? [])
    // All of them are invalid, and have failed.
    if (first === undefined) this.#done(lane, null)
    else this.#run(lane, first, rest)
  }

  #run(lane: Lane, errand: Errand, companions: readonly Errand[]): void {
    lane.handler = errand.handler
    // It may even never end, and what was done would be lost with the thread.
    if (!this.#outbox.isEmpty && this.#long.mayBe(errand.handler)) this.#outbox.flush()
    lane.worker.run(errand, companions)
  }

  #cancel(id: number): void {
    const errand = this.#lanes?.byId(id)?.worker.running
    if (errand?.id === id) errand.giveUp(this.#reasonOf(errand))
  }

  runsAgain(errand: Errand): void {
    const lane = this.#lanes?.of(errand)
    if (lane !== undefined) this.#lanes?.runsAgain(lane)
  }

  // --- reports ---

  commits(errand: Errand, changes: boolean): boolean {
    const lane = this.#lanes?.of(errand)
    return lane !== undefined && commit(this.words, lane.run, changes)
  }

  abortOf(errand: Errand): GenPoolError | undefined {
    const lane = this.#lanes?.of(errand)
    if (lane?.worker.running !== errand) return undefined
    const isOver = isIn(this.words, lane.run, CANCELLED) || errand.deadline <= this.#clock.now()
    return isOver ? this.#reasonOf(errand) : undefined
  }

  #reasonOf(errand: Errand): GenPoolError {
    const { failures } = (this.#worker as ErrandWorker).pool
    return errand.deadline <= this.#clock.now() ? failures.expired(errand) : failures.cancelled(errand)
  }

  answered(errand: Errand, value: unknown, answered: boolean): void {
    this.#pool?.settled(errand)
    this.#outbox.addValue(['answered', errand.id, value, answered], value)
    this.#flushing.later()
  }

  failed(errand: Errand, error: GenPoolError): void {
    this.#pool?.settled(errand)
    this.#outbox.add(['failedAlone', errand.id, encodeError(error, isCloneable)])
    this.#flushing.later()
  }

  progress(errand: Errand, value: unknown): boolean {
    this.#outbox.addValue(['progress', errand.id, value], value)
    this.#outbox.flush()
    return true
  }

  done(errand: Errand, then: Following | undefined): void {
    this.#done(this.#lanes?.of(errand), then ?? null)
  }

  #done(lane: Lane | undefined, then: Following | null): void {
    this.#ended(lane, (id, runNs) => {
      if (lane?.isTold !== true) this.#outbox.add(['done', id, then, runNs])
    })
    if (lane?.follows === true && then !== null) this.#giveBackRest('continue' in then)
  }

  follows(errand: Errand, then: Following): void {
    if (!isCloneable(then)) throw new InvalidError(`result of the handler "${errand.type}"`, [faultIn(then)])
    const lane = this.#lanes?.of(errand)
    if (lane !== undefined) lane.follows = true
  }

  /** Its member continues or ends first: what it has not begun may run elsewhere. */
  #giveBackRest(continues: boolean): void {
    const returned = this.#jobs.giveBack((id, place) => revoke(this.words, { id, place }), continues)
    for (const id of returned) this.#outbox.add(['returned', id])
  }

  backOff(errand: Errand, { ns, key, again }: CheckedBackOff): void {
    this.#outbox.add(['backOff', errand.id, ns / NS_PER_MS, key, again])
    this.#outbox.flush()
  }

  crashed(errand: Errand, cause: unknown): void {
    const lane = this.#lanes?.of(errand)
    if (cause instanceof RunAgain) return this.#ended(lane, (id, runNs) => this.#outbox.add(['again', id, runNs]))
    this.#ended(lane, (id, runNs) => this.#outbox.add(['crashed', id, encodeError(cause, isCloneable), runNs]))
  }

  refused(errand: Errand, error: unknown): void {
    this.#ended(this.#lanes?.of(errand), (id, runNs) =>
      this.#outbox.add(['refused', id, encodeError(error, isCloneable), runNs]),
    )
  }

  #ended(lane: Lane | undefined, report: (id: number, runNs: number) => void): void {
    if (lane === undefined || this.#lanes === null) return
    const now = this.#clock.now()
    const ranNs = this.#lanes.end(lane, now)
    this.#long.ran(lane.handler, ranNs)
    report(lane.run.id, ranNs)
    this.#flushing.ended(now, ranNs, lane.run.isPatient)
  }

  async #end(reason: unknown, poolStops: boolean, keeps: boolean): Promise<void> {
    this.#jobs.clear()
    const worker = this.#worker
    this.#worker = this.#lanes = null
    this.#shared?.close()
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
