import { Ring, type Runnable, type Turn } from '@genpool/runtime'
import type { Member } from '../members/member'

/** What the work of a pool reports about its turns. */
export interface TurnPorts {
  readonly lifecycle: {
    /** The first work in a turn. */
    active(): void
  }
  /** Handlers are about to run, and may commit. */
  beforeCommits(): void
  turnEnded(): void
}

/** The work of one pool in a turn of the event loop: runs the members that are ready, while the time budget of the turn lasts. */
export class TurnWork implements Runnable {
  readonly #ready = new Ring<Member>()
  #scheduled = false
  #joined = false

  constructor(
    private readonly turn: Turn,
    private readonly pool: TurnPorts,
  ) {}

  /** Whether members are about to run. */
  get scheduled(): boolean {
    return this.#scheduled
  }

  /** The pool has work in this turn. Called for each piece of it. */
  join(): void {
    if (!this.#joined) this.begin()
  }

  private begin(): void {
    this.#joined = true
    this.turn.touch(this)
    this.pool.lifecycle.active()
  }

  /** Runs `member` later in this turn. */
  ready(member: Member): void {
    this.#ready.push(member)
    if (this.#scheduled) return
    this.#scheduled = true
    this.turn.schedule(this)
  }

  run(turn: Turn): void {
    this.join()
    this.pool.beforeCommits()
    const ready = this.#ready
    try {
      // A member that is done may be ready again at once; it then stands at the end.
      while (ready.length > 0 && !turn.exhausted) ready.shift().execute()
    } finally {
      this.#scheduled = ready.length > 0
      if (this.#scheduled) turn.schedule(this)
    }
  }

  rest(): void {
    this.#joined = false
    this.pool.turnEnded()
  }
}
