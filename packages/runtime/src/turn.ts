import { type Clock, type Nanos, NS_PER_MS } from './clock'

/** Something that has work to do in this turn of the event loop. */
export interface Runnable {
  /** Works until it has nothing left or `turn.exhausted`; schedules itself again for what is left. */
  run(turn: Turn): void
  /** Called at the end of each turn in which it was touched: the place for what need not be done per message. */
  rest(): void
}

/** How long the work of one turn may take before input, output and timers get their share. */
const BUDGET: Nanos = 2 * NS_PER_MS

/** Work that takes less on average is short: the clock is not read after each piece of it. */
const SHORT: Nanos = 5_000
/** The most pieces of short work between two readings. With 8, a short call takes 6 % longer. */
const MAX_STRIDE = 16

const RESOLVED = Promise.resolve()

/**
 * One turn of the event loop, shared by everything on one clock.
 *
 * Work is done in microtasks of the turn in which it came, as fast as a function call, while a time budget lasts; the rest
 * waits until Node has looked at timers, input and output. The clock is read at the begin of each batch of work and after
 * each piece of it that may have taken long. A reading costs as much as a quarter of a short call.
 */
export class Turn {
  readonly #clock: Clock
  /**
   * Null only until it is read for the first time, which is before anybody can see it: so V8 keeps a pointer to the number
   * here, hands it on as it is, and makes no copy for each reader. 1 % of a short call.
   */
  #time: Nanos = null as unknown as Nanos
  #until: Nanos = 0
  /** How long the last turn took, from its begin until input and output had been looked at. */
  lasted: Nanos = 0
  /** Whether a turn has begun and its end is scheduled. */
  #open = false
  #draining = false
  /** How many pieces of work the last measure of `tick` stands for. */
  measured = 0
  /** Pieces of work since the last reading, and how many there may be. */
  #pieces = 0
  #stride = 1
  #ready: Runnable[] = []
  #touched: Runnable[] = []

  private constructor(clock: Clock) {
    this.#clock = clock
  }

  static readonly #turns = new WeakMap<Clock, Turn>()

  /** The turn of a clock; always the same object. */
  static of(clock: Clock): Turn {
    let turn = Turn.#turns.get(clock)
    if (turn === undefined) Turn.#turns.set(clock, (turn = new Turn(clock)))
    return turn
  }

  /** The time as of the last reading in this turn: as exact as Node's timers, which also count from the turn's begin. */
  now(): Nanos {
    if (!this.#open) this.#begin()
    return this.#time
  }

  /** The last reading, without beginning a turn. */
  get last(): Nanos {
    return this.#time
  }

  /** Reads the clock. */
  refresh(): Nanos {
    if (!this.#open) this.#begin()
    else this.#time = this.#clock.now()
    this.#pieces = 0
    return this.#time
  }

  /**
   * A piece of work is done that ran without a break since the last piece or reading.
   *
   * @returns how long each piece since the last reading took on average, if the clock was read now; or -1
   */
  tick(): Nanos {
    return ++this.#pieces < this.#stride ? -1 : this.#measure()
  }

  #measure(): Nanos {
    const pieces = (this.measured = this.#pieces)
    const before = this.#time
    const mean = Math.round((this.refresh() - before) / pieces)
    this.#stride = mean < SHORT ? Math.min(this.#stride * 2, MAX_STRIDE) : 1
    return mean
  }

  /** Whether the budget of this turn is used up, as of the last reading. */
  get exhausted(): boolean {
    return this.#time >= this.#until
  }

  /** Has `runnable.run` called in this turn, or in the next one if the budget is used up. */
  schedule(runnable: Runnable): void {
    this.#ready.push(runnable)
    if (this.#draining) return
    this.#draining = true
    void RESOLVED.then(this.#drain)
  }

  /** Has `runnable.rest` called at the end of this turn. */
  touch(runnable: Runnable): void {
    if (!this.#open) this.#begin()
    this.#touched.push(runnable)
  }

  #begin(): void {
    this.#open = true
    this.#time = this.#clock.now()
    this.#pieces = 0
    this.#until = this.#time + BUDGET
    this.#clock.defer(this.#end)
  }

  readonly #drain = (): void => {
    this.refresh()
    while (this.#ready.length > 0 && !this.exhausted) {
      const batch = this.#ready
      this.#ready = []
      for (const runnable of batch) runnable.run(this)
    }
    // What is left waits for the end of the turn, which is scheduled.
    this.#draining = false
  }

  readonly #end = (): void => {
    this.#open = false
    this.lasted = (this.#time = this.#clock.now()) - (this.#until - BUDGET)
    const touched = this.#touched
    this.#touched = []
    for (const runnable of touched) runnable.rest()
    if (this.#ready.length > 0 && !this.#draining) this.#drain()
  }
}
