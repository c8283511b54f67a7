import type { ReplicaTurns, Turn } from './replica-turns'

/** What a turn needs of the session of its replica. */
export interface SessionTurnPorts {
  /** Resolves when a commit of this replica is written; null if none is being written. */
  written(): PromiseLike<void> | null
  /** Sends what others have committed. */
  update(): void
  send(message: readonly ['held' | 'wanted', id: number]): void
}

/** The turn of one replica, or its place in the line. */
export class SessionTurn implements Turn {
  #isTold = false
  #isOver = false

  constructor(
    private readonly id: number,
    private readonly turns: ReplicaTurns,
    private readonly ports: SessionTurnPorts,
  ) {}

  take(): void {
    this.turns.take(this)
  }

  granted(): void {
    if (this.#isOver) return
    const written = this.ports.written()
    if (written !== null) return void written.then(() => this.granted())
    this.ports.update()
    if (this.turns.isWanted) this.ports.send(['wanted', this.id])
    this.#isTold = true
    this.ports.send(['held', this.id])
  }

  wanted(): void {
    if (this.#isTold && !this.#isOver) this.ports.send(['wanted', this.id])
  }

  /** Does nothing if it is the turn of another number. */
  end(id = this.id): void {
    if (this.#isOver || id !== this.id) return
    this.#isOver = true
    this.turns.give(this)
  }
}
