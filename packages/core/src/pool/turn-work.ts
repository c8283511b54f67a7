import { type Nanos, Ring, type Runnable, RunMeter, type Turn } from '@genpool/runtime'
import type { Member } from '../members/member'

/** What the work of a pool reports about its turns. */
export interface TurnPorts {
  readonly lifecycle: {
    /** The first work in a turn. */
    active(): void
  }
  /** Handlers are about to run, and may commit. */
  beforeCommits(): void
  /** Runs took so long on average that no worker has reported. */
  ran(ns: Nanos, times: number): void
  turnEnded(): void
}

/** The work of one pool in a turn of the event loop: runs the members that are ready, while the time budget of the turn lasts. */
export class TurnWork implements Runnable {
  private meter: RunMeter | null = null
  private readonly line = new Ring<Member>()
  /** Those that look for work when all that are ready have run. Made with the first one. */
  #last: Member[] | null = null
  private isScheduled = false
  private isAway = true
  /** Whether more than one member was ready when it last ran. */
  private wasCrowded = false

  constructor(
    private readonly turn: Turn,
    private readonly pool: TurnPorts,
  ) {}

  /** Measures the runs of handlers that return at once. Many pools never need it. */
  get runs(): RunMeter {
    return this.meter ?? this.makeMeter()
  }

  /** The runs that were not measured; undefined for none. They are not told again. */
  unmeasuredRuns(): { readonly pieces: number; readonly mean: Nanos } | undefined {
    const rest = this.meter?.takeRest()
    return rest === undefined || rest.pieces === 0 ? undefined : rest
  }

  private makeMeter(): RunMeter {
    return (this.meter = new RunMeter(this.turn))
  }

  /** Whether members are about to run. */
  get scheduled(): boolean {
    return this.isScheduled
  }

  /** Whether no member is about to run, and what becomes ready is likely to be alone. */
  get isAlone(): boolean {
    return !this.wasCrowded && !this.isScheduled
  }

  /** The pool has work in this turn. Called for each piece of it. */
  join(): void {
    if (this.isAway) this.begin()
  }

  private begin(): void {
    this.isAway = false
    this.turn.touch(this)
    this.pool.lifecycle.active()
  }

  /** Runs `member` later in this turn. */
  ready(member: Member): void {
    this.line.push(member)
    if (this.isScheduled) return
    this.isScheduled = true
    this.turn.schedule(this)
  }

  /** Whether none is ready, besides the one that runs. */
  get isNoneReady(): boolean {
    return this.line.length === 0
  }

  /** Has a member look for work when all that are ready have run. Call it while it runs. @param first before others that do so */
  seekLast(member: Member, first: boolean): void {
    this.#last ??= []
    if (first) this.#last.unshift(member)
    else this.#last.push(member)
  }

  /** Keeps members that become ready until `endOne`, which must be called in a microtask. */
  reserve(): void {
    this.isScheduled = true
  }

  /** Runs a member in the next turn, before those that are ready: this one is used up. */
  defer(member: Member): void {
    this.line.unshift(member)
  }

  /** A member has run that was not ready. Those that are ready follow in a microtask of their own. */
  endOne(): void {
    this.isScheduled = this.line.length > 0
    this.wasCrowded = this.isScheduled
    if (this.isScheduled) this.turn.schedule(this)
  }

  run(turn: Turn): void {
    this.join()
    const { runs } = this
    runs.begin()
    this.pool.beforeCommits()
    const ready = this.line
    this.wasCrowded = ready.length !== 1
    try {
      // A member that is done may be ready again at once; it then stands at the end.
      while ((ready.length > 0 || this.mayBeReady()) && !turn.exhausted) ready.shift().execute()
      const runNs = runs.flush()
      if (runNs >= 0) this.pool.ran(runNs, runs.measured)
    } finally {
      this.mayBeReady()
      this.isScheduled = ready.length > 0
      if (this.isScheduled) turn.schedule(this)
    }
  }

  /** Lets those look for work that are to do so last. Returns whether one is ready. */
  private mayBeReady(): boolean {
    const last = this.#last
    if (last === null || last.length === 0) return false
    for (const member of last) member.seekWork()
    last.length = 0
    return this.line.length > 0
  }

  rest(): void {
    this.isAway = true
    this.pool.turnEnded()
  }
}
