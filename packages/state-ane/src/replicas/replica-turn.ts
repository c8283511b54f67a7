/** What a turn needs of its replica. */
export interface TurnPorts {
  nextId(): number
  send(message: readonly ['turn' | 'release', id: number]): void
  /** Whether `rest` is called. Until then a turn is kept; if not, it ends as soon as what has waited is sent. */
  rests(): boolean
}

/**
 * The right of a replica to commit while others wait for it. Without it both would make most commits twice: each commit of one makes
 * all void that the other has under way.
 *
 * A replica takes it if it has lost commits to others. It keeps it while it has commits under way; if another one wants it, for so
 * many commits that the way there and back costs little beside them.
 */
export class ReplicaTurn {
  #id = 0
  #state: 'none' | 'asked' | 'has' = 'none'
  #isWanted = false
  #made = 0
  /** Whether others commit as well. */
  #isContended = false
  /** How often others have committed, and how often at its last turn. */
  #moves = 0
  #movesBefore = 0

  constructor(private readonly ports: TurnPorts) {}

  /** Whether it waits for it. */
  get isAwaited(): boolean {
    return this.#state === 'asked'
  }

  /** Whether it has it, and another replica waits for it. */
  get isWanted(): boolean {
    return this.#state === 'has' && this.#isWanted
  }

  /** Whether commits may be sent now. If not, its turn comes. */
  take(): boolean {
    if (this.#state === 'none') {
      if (!this.#isContended) return true
      this.#ask()
    }
    return this.#state === 'has'
  }

  #ask(): void {
    this.#state = 'asked'
    this.#isWanted = false
    this.#made = 0
    this.#id = this.ports.nextId()
    this.ports.send(['turn', this.#id])
  }

  /** A commit was sent. */
  made(): void {
    this.#made++
  }

  /** Others have committed. @param lost whether something was under way */
  moved(lost: boolean): void {
    this.#moves++
    if (lost) this.#isContended = true
  }

  /** Returns whether it is its turn now. */
  granted(id: number): boolean {
    if (this.#state !== 'asked' || id !== this.#id) return false
    this.#state = 'has'
    this.#isContended = this.#moves > this.#movesBefore
    this.#movesBefore = this.#moves
    return true
  }

  /** Another replica waits for the turn. */
  wanted(id: number): void {
    if (id === this.#id) this.#isWanted = true
  }

  /** What has waited is sent. */
  sent(): void {
    if (!this.ports.rests()) this.give()
  }

  /**
   * Nothing more comes before the owner has said something.
   *
   * @param isCommitting whether something is under way
   * @param most how many commits it may make in one turn while another replica waits
   */
  rest(isCommitting: boolean, most: number): void {
    if (!isCommitting || (this.#isWanted && this.#made >= most)) this.give()
  }

  give(): void {
    if (this.#state !== 'has') return
    this.#state = 'none'
    this.ports.send(['release', this.#id])
  }
}
