import type { Job, JobStage, WorkerHost } from '@genpool/core'
import type { Nanos } from '@genpool/runtime'
import type { Given, Ledger } from '../protocol/ledger'

/** Which jobs of a thread have begun, and which one runs, by what the thread writes when it begins one. Reports each once. */
export class RunStarts {
  #isOver = false

  constructor(
    private readonly ledger: Ledger<Job>,
    private readonly host: Pick<WorkerHost, 'progress'>,
    private readonly times: { startOf(given: Given<Job>): Nanos; now(): Nanos },
  ) {}

  /** Whether nothing is reported any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** A job whose memory is moved: what its place says of its beginning is that of another one. */
  givenForGood(given: Given<Job>): void {
    given.startBefore = this.times.startOf(given)
  }

  /** A job has begun for everybody else, though its handler may wait. */
  began(given: Given<Job>, at: Nanos): void {
    if (given.reported) return
    given.reported = true
    this.host.progress.began(given.job, at)
  }

  /** The handler of a job has been called. */
  called(given: Given<Job>): void {
    if (given.attempted || this.#isOver) return
    if (!this.isCalled(given)) return this.began(given, this.times.now())
    given.attempted = true
    this.began(given, this.times.startOf(given))
    this.host.progress.attempted(given.job, { number: 1, exclusive: false })
  }

  /** It was not given back: the thread has begun it. */
  kept(job: Job): void {
    const given = this.ledger.of(job)
    if (given !== undefined && !given.reported) this.called(given)
  }

  /** Reports what runs now. That others before it had begun is told with their ends. */
  look(): void {
    const running = this.#running
    if (running !== undefined) this.called(running)
  }

  /** From now on nothing is reported. */
  end(): void {
    this.#isOver = true
  }

  /** @param outlives whether the state is still there if the thread dies */
  stageOf(job: Job, outlives: boolean): JobStage {
    const given = this.ledger.of(job)
    if (given === undefined) return 'over'
    if (outlives && this.ledger.hasCommitted(given)) return 'committed'
    const running = this.#running
    return this.ledger.isDecided(given) || (running !== undefined && running !== given) ? 'over' : 'runs'
  }

  /** The job whose handler runs. A thread runs one after another, so that all that began before are over. */
  get #running(): Given<Job> | undefined {
    let last: Given<Job> | undefined
    for (const given of this.ledger.all) {
      if (!this.isCalled(given)) continue
      if (last === undefined || this.times.startOf(given) >= this.times.startOf(last)) last = given
    }
    return last
  }

  /** Whether its thread has begun it. One that was given for good may be cancelled before. */
  isCalled(given: Given<Job>): boolean {
    return this.ledger.hasBegun(given) && this.times.startOf(given) !== given.startBefore
  }
}
