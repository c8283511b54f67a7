import { type Definition, type Errand, ErrandWorker } from '@genpool/core/elsewhere'
import { type Clock, clockOfThread, referenceTo, systemClock } from '@genpool/runtime'
import { CANCELLED, claim, isIn, revoke, TAKEN } from '../protocol/claims'
import type { Awake } from '../protocol/awake'
import type { JobMessage, JobToThread, Setup, ToThread } from '../protocol/messages'
import type { SharedWords } from '../protocol/shared-words'
import { decodeError, encodeError } from '../values/errors'
import { CommittingLanes } from './committing-lanes'
import { memberOf } from './faces'
import { makeState } from './first-state'
import { Flushing } from './flushing'
import { HeapMeter } from './heap-meter'
import { JobQueue } from './job-queue'
import { Lanes, type Lane, type Run } from './lanes'
import type { Outbox } from './outbox'
import { PoolFaces } from './pool-faces'
import { callersOf } from './patience'
import { RunLengths } from './run-lengths'
import { RunReports } from './run-reports'
import { traceScope } from './trace-scope'
import { SharedReplica } from './shared-replica'

const NOBODY: readonly Errand[] = []

/** Runs the jobs of one member in this thread, one after another. */
export class Runtime {
  /** From before its start until after its end. */
  #member: ErrandWorker | null = null
  #worker: ErrandWorker | null = null
  #lanes: Lanes | null = null
  #shared: SharedReplica | null = null
  #pool: PoolFaces | null = null
  #reports: RunReports | null = null
  #clock: Clock = systemClock
  /** The back-offs of which the pool has not heard. */
  #backOffs = 0
  readonly #jobs = new JobQueue()
  readonly #outbox: Outbox
  readonly #awake: Awake
  readonly #flushing: Flushing
  readonly #heap: HeapMeter
  readonly #lengths = new RunLengths()

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

  /** The state of its member as this thread has it; undefined without one. */
  get state(): unknown {
    return this.#member?.state
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
        return this.#reports?.cancelled(message[1], message[2])
      case 'left':
        return this.#reports?.left(message[1], message[2])
      case 'queried':
        return this.#pool?.queried(message[1], message[2], message[3])
      case 'resolved':
        return this.#pool?.resolved(message[1], message[2])
      case 'backedOff':
        return void (this.#backOffs = Math.max(0, this.#backOffs - 1))
      case 'again':
        return this.#outbox.again(message[1])
      case 'end':
        return void this.#end(decodeError(message[1]), message[2], message[3])
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
    const reports = (this.#reports = this.#reportsOf(faces))
    const worker = (this.#member = new ErrandWorker(faces.local, memberOf(setup), reports, this.#shared?.cell))
    void Promise.resolve()
      .then(() => worker.start())
      .then(
        ({ kind, reason }) => {
          this.#worker = worker
          this.#lanes = new Lanes(worker, this.#shared, this.#lengths)
          this.#tell(['started', { kind, reason }])
        },
        (error: unknown) => this.#tell(['notStarted', encodeError(error)]),
      )
  }

  #reportsOf(faces: PoolFaces): RunReports {
    return new RunReports({
      words: this.words,
      outbox: this.#outbox,
      flushing: this.#flushing,
      lengths: this.#lengths,
      clock: this.#clock,
      lanes: () => this.#lanes,
      settled: (errand) => faces.settled(errand),
      backsOff: () => void this.#backOffs++,
      giveBack: (continues) => this.#giveBack(continues),
    })
  }

  #tell(message: Parameters<Outbox['add']>[0]): void {
    this.#outbox.add(message)
    this.#outbox.flush()
  }

  // --- jobs ---

  /** The handler of a job that runs or commits, in words; undefined for one that is over. */
  handlerOf(job: number): string | undefined {
    const errand = this.#lanes?.byId(job)?.worker.running
    return errand === null || errand === undefined ? undefined : `the handler "${errand.type}" of pool "${errand.pool}"`
  }

  #pump(): void {
    const lanes = this.#lanes
    if (this.#flushing.isHeld || lanes === null) return
    this.#flushing.hold(this.#clock.now())
    this.#work(lanes)
  }

  /** Begins what may begin. */
  #work(lanes: Lanes): void {
    for (let job; (job = this.#next) !== undefined && lanes.mayBegin(job[2]);) {
      this.#jobs.shift()
      this.#begin(lanes, job)
      if (lanes.hearsFirst && this.#next !== undefined) return systemClock.defer(this.#goOn)
    }
    this.#heap.measure(this.#clock.now())
    this.#shared?.cell.rest(lanes.turnLength)
    this.#flushing.release()
    // A turn of others takes longer than it would stay awake.
    if (lanes.current === undefined && this.#shared?.cell.awaitsTurn !== true) this.#awake.wait()
  }

  /** The same after the thread has heard what was sent to it: whose turn it is to commit, and what others have committed. */
  readonly #goOn = (): void => {
    const lanes = this.#lanes
    if (lanes === null) return this.#flushing.release()
    this.#shared?.cell.rest(lanes.turnLength)
    this.#work(lanes)
  }

  get #next(): JobToThread | undefined {
    return this.#backOffs === 0 ? this.#jobs.first : undefined
  }

  #begin(lanes: Lanes, [, place, message, companions]: JobToThread): void {
    const now = this.#clock.now()
    const { sentAt, deadline, lastDeadline } = callersOf(message, companions)
    const movedDeadline = this.words.deadlineOf(place)
    const run: Run = { id: message.id, place, startedAt: now, sentAt, deadline: Math.min(deadline, movedDeadline) }
    const isTaken = isIn(this.words, run, TAKEN)
    // Its owner decides: it runs again if its deadline has changed since.
    if (Math.min(lastDeadline, movedDeadline) <= now && revoke(this.words, run)) {
      this.#outbox.add(['returned', message.id])
      return
    }
    this.words.setStart(place, now)
    // Taken back; or it was given for good, and its caller has given up since.
    if (!claim(this.words, run)) return isIn(this.words, run, CANCELLED) ? this.#over(lanes.begin(run)) : undefined
    const lane = lanes.begin(run)
    if (isTaken && lastDeadline <= now) return this.#over(lane)
    if (companions === null) this.#runOne(lane, message)
    else this.#runAll(lane, [message, ...companions])
  }

  #runOne(lane: Lane, message: JobMessage): void {
    const errand = this.#accept(lane, message)
    if (errand === null) this.#over(lane)
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
    if (first === undefined) this.#over(lane)
    else this.#run(lane, first, rest)
  }

  #run(lane: Lane, errand: Errand, companions: readonly Errand[]): void {
    lane.handler = errand.handler
    // It may even never end, and what was done would be lost with the thread.
    this.#flushing.begins(lane.run.startedAt, this.#lengths.expected(errand.handler))
    lane.worker.run(errand, companions)
  }

  #over(lane: Lane): void {
    this.#reports?.over(lane, null)
  }

  #giveBack(continues: boolean): void {
    const returned = this.#jobs.giveBack((id, place) => revoke(this.words, { id, place }), continues)
    for (const id of returned) this.#outbox.add(['returned', id])
  }

  async #end(reason: unknown, poolStops: boolean, keeps: boolean): Promise<void> {
    this.#jobs.clear()
    this.#backOffs = 0
    const worker = this.#worker
    this.#worker = this.#lanes = null
    this.#shared?.close()
    let error: unknown = null
    try {
      await worker?.end(reason, poolStops)
    } catch (thrown) {
      error = thrown
    }
    this.#tell(['ended', error === null ? null : encodeError(error)])
    if (keeps) return
    // What was written to stdout is on its way first.
    systemClock.defer(() => process.exit(0))
  }
}
