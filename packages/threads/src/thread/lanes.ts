import type { Errand, ErrandMessage, ErrandWorker } from '@genpool/core/elsewhere'
import type { Claimed } from '../protocol/claims'
import type { Awaited } from './patience'
import { type RunLengths, SHORT } from './run-lengths'
import type { SharedReplica } from './shared-replica'

/** The most runs whose commits are under way at once. */
const MOST = 64
/** After runs that take longer the thread hears what was sent to it meanwhile, in nanoseconds: a commit may have to be made again. */
const LONG = 50_000
const WEIGHT = 1 / 16
/** What a run takes at least with all that belongs to it, in nanoseconds. */
const LEAST = 3_000
/** While the commits of another thread wait, this one commits for so long in one turn, in nanoseconds. */
const TURN = 1_000_000

/** A job that has begun. */
export interface Run extends Claimed, Awaited {}

/** One run, and the worker that it has for itself. */
export class Lane {
  /** Whether its handler has returned, and its commit is under way. */
  isCommitting = false
  /** How long its handler ran; -1 while it does. */
  ranNs = -1
  /** Null until it is called. */
  handler: object | null = null
  /** Whether the commit that was sent tells its end. */
  isTold = false
  /** Whether a commit was sent that does not tell it: its end comes after the commit. */
  isOpen = false
  /** Whether it may have to commit once more, and nothing else begins before it has. */
  isAlone = false
  /** Whether its member does something else before any other message. */
  follows = false

  constructor(
    readonly worker: ErrandWorker,
    readonly run: Run,
  ) {}
}

/**
 * What a member of this thread runs: one handler at a time. With a shared state, the next one may begin while the commits of those
 * before it are under way, unless it reads the state or takes long: a commit that is lost is made again after its end.
 */
export class Lanes {
  #lanes: Lane[] = []
  #committing = 0
  readonly #idle: ErrandWorker[]
  #meanNs = 0

  constructor(
    /** The worker that starts and ends with the member. */
    readonly main: ErrandWorker,
    private readonly shared: SharedReplica | null,
    private readonly lengths: Pick<RunLengths, 'mean'>,
  ) {
    this.#idle = [main]
  }

  get isEmpty(): boolean {
    return this.#lanes.length === 0
  }

  mayBegin(message: ErrandMessage): boolean {
    const { length } = this.#lanes
    if (length === 0) return true
    if (this.shared === null || length > this.#committing) return false
    const last = this.#lanes[length - 1]
    if (last?.follows === true || last?.isAlone === true) return false
    if (length === MOST || this.shared.cell.isHolding) return false
    // Its callers would not be told of its end before that of long work.
    if (this.takeLong && this.#lanes.some(({ isOpen }) => isOpen)) return false
    const handler = this.main.statelessHandlerOf(message)
    return handler !== undefined && (this.lengths.mean(handler) ?? this.#meanNs) <= SHORT
  }

  /** Whether the thread hears what was sent to it before it begins the next one: commits are under way beside work that takes long. */
  get hearsFirst(): boolean {
    return this.#committing > 0 && this.takeLong
  }

  get takeLong(): boolean {
    return this.#meanNs > LONG
  }

  /** How many commits a turn may have. Others do not wait for long work. */
  get turnLength(): number {
    return this.takeLong ? 1 : TURN / (this.#meanNs + LEAST)
  }

  begin(run: Run): Lane {
    const lane = new Lane(this.#idle.pop() ?? this.main.beside(), run)
    this.#lanes.push(lane)
    return lane
  }

  /** The handler that runs now, or waits for something else than its commit. */
  get current(): Lane | undefined {
    return this.#lanes.length > this.#committing ? this.#lanes.find(({ isCommitting }) => !isCommitting) : undefined
  }

  of(errand: Errand): Lane | undefined {
    return this.#lanes.find(({ run }) => run.id === errand.id)
  }

  /** The one that runs it, alone or with the rest of its batch. */
  ofRun(errand: Errand): Lane | undefined {
    return this.of((errand.runner?.batch?.first as Errand | undefined) ?? errand)
  }

  byId(id: number): Lane | undefined {
    return this.#lanes.find(({ run }) => run.id === id)
  }

  /** Its handler has returned. */
  commits(lane: Lane, now: number): void {
    if (lane.isCommitting) return
    lane.isCommitting = true
    lane.ranNs = now - lane.run.startedAt
    this.#committing++
  }

  runsAgain(lane: Lane): void {
    if (lane.isCommitting) this.#committing--
    lane.isCommitting = lane.isTold = lane.isOpen = false
  }

  /** Returns how long its handler ran. */
  end(lane: Lane, now: number): number {
    if (lane.isCommitting) this.#committing--
    const i = this.#lanes.indexOf(lane)
    if (i >= 0) this.#lanes.splice(i, 1)
    this.#idle.push(lane.worker)
    const ranNs = lane.ranNs < 0 ? now - lane.run.startedAt : lane.ranNs
    this.#meanNs += (ranNs - this.#meanNs) * WEIGHT
    return ranNs
  }
}
