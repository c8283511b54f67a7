import { textOf } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { Eventually } from '../behaviours/eventually'
import { GuardedHost } from './guarded-host'
import type { Job, JobStage, Started, Worker, WorkerFactory, WorkerHost, WorkerSeat } from './worker'

const KINDS: readonly unknown[] = ['ready', 'continue', 'ignore', 'refuse']

/** Workers of a user, who may make mistakes: what one throws ends that worker, and nothing else. */
export function guarded(workers: WorkerFactory): WorkerFactory {
  return { create: (seat, host) => new GuardedWorker(workers, seat, host) }
}

/** A worker of a user. What it throws is a failed start, or its death; a factory that throws is a failed start. */
class GuardedWorker implements Worker {
  readonly #host: GuardedHost
  readonly #worker: Worker | null = null
  readonly #fault: unknown = undefined

  constructor(workers: WorkerFactory, seat: WorkerSeat, host: WorkerHost) {
    this.#host = new GuardedHost(host)
    try {
      this.#worker = workers.create(seat, this.#host)
    } catch (error) {
      this.#fault = error
    }
  }

  get heapMb(): number {
    return this.#worker?.heapMb ?? 0
  }

  get depth(): number {
    return this.#worker?.depth ?? 1
  }

  get commits(): boolean {
    return this.#worker?.commits === true
  }

  get keepsState(): boolean {
    return this.#worker?.keepsState === true
  }

  get state(): unknown {
    return this.#worker?.state
  }

  get isCalling(): boolean {
    return this.#worker?.isCalling === true
  }

  async start(): Promise<Started> {
    if (this.#worker === null) throw this.#fault
    const started: unknown = await this.#worker.start()
    const kind = (started as Partial<Started> | null | undefined)?.kind
    if (KINDS.includes(kind)) return started as Started
    const message = `expected { kind, reason } with the kind ready, continue, ignore or refuse, got the kind ${textOf(kind)}`
    throw new InvalidError('start of a worker', [{ path: ['kind'], message }])
  }

  give(job: Job): void {
    this.#host.gave(job)
    this.#guard((worker) => worker.give(job), undefined, [job])
  }

  revoke(job: Job): boolean {
    const taken = this.#guard((worker) => worker.revoke(job), false, [job])
    if (taken) this.#host.revoked(job)
    else this.#host.kept(job, this.startOf(job))
    return taken
  }

  cancel(job: Job, reason: unknown): void {
    this.#guard((worker) => worker.cancel(job, reason), undefined, [job])
  }

  holdsAnswersOf(job: Job): boolean {
    return this.#worker?.holdsAnswersOf(job) === true
  }

  giveUp(job: Job): boolean {
    return this.#guard((worker) => worker.giveUp?.(job) !== false, true, [job])
  }

  leave(job: Job): boolean {
    return this.#guard((worker) => worker.leave?.(job) === true, false, [])
  }

  deadlineMoved(job: Job): void {
    this.#guard((worker) => worker.deadlineMoved?.(job), undefined, [])
  }

  hasCommitted(job: Job): boolean {
    return this.#worker?.hasCommitted?.(job) === true
  }

  isWriting(job: Job): boolean {
    return this.#worker?.isWriting?.(job) === true
  }

  startOf(job: Job): number | null {
    return this.#worker?.startOf(job) ?? null
  }

  stageOf(job: Job): JobStage {
    return this.#guard((worker) => worker.stageOf?.(job) ?? 'runs', 'runs', [job])
  }

  end(reason: unknown): Eventually<void> {
    this.#host.end()
    return this.#worker?.end(reason)
  }

  hurry(): void {
    this.#guard((worker) => worker.hurry?.(), undefined, [])
  }

  unwanted(): void {
    this.#guard((worker) => (worker.unwanted === undefined ? worker.hurry?.() : worker.unwanted()), undefined, [])
  }

  /** Calls the worker. If it throws it is dead, with `begun` in hand. */
  #guard<T>(call: (worker: Worker) => T, otherwise: T, begun: readonly Job[]): T {
    try {
      return this.#worker === null ? otherwise : call(this.#worker)
    } catch (error) {
      this.#host.died(error, begun)
      return otherwise
    }
  }
}
