import type { ReplicaTurns, Turn } from './replica-turns'

/** What a turn needs of the session of its replica. */
export interface SessionTurnPorts {
  /** Resolves when a commit of this replica is written; null if none is being written. */
  written(): PromiseLike<void> | null
  /** Sends what others have committed. */
  update(): void
  send(message: readonly ['held' | 'wanted', id: number]): void
  /** Calls `end` when a turn has taken too long that somebody else waits for. Left out: it takes as long as it takes. */
  limit?(end: () => void): void
}

/** The turn of one replica, or its place in the line. */
export class SessionTurn implements Turn {
  #isTold = false
  #isWanted = false
  #isOver = false

  constructor(
    private readonly id: number,
    private readonly turns: ReplicaTurns,
    private readonly ports: SessionTurnPorts,
  ) {}

  /** Whether it is not its turn yet. */
  get isWaiting(): boolean {
    return !this.#isTold && !this.#isOver
  }

  take(): void {
    this.turns.take(this)
  }

  granted(): void {
    if (this.#isOver) return
    const written = this.ports.written()
    if (written !== null) return void written.then(() => this.granted())
    this.ports.update()
    this.#isTold = true
    if (this.turns.isWanted) this.wanted()
    this.ports.send(['held', this.id])
  }

  wanted(): void {
    if (!this.#isTold || this.#isOver || this.#isWanted) return
    this.#isWanted = true
    this.ports.send(['wanted', this.id])
    // Its replica may be at work, and hear nothing. What it still commits in this turn is checked like any other commit.
    this.ports.limit?.(() => this.end())
  }

  /** Does nothing if it is the turn of another number. */
  end(id = this.id): void {
    if (this.#isOver || id !== this.id) return
    this.#isOver = true
    this.turns.give(this)
  }
}
