import { withoutContext } from './caller-context'
import { type Clock, type Nanos, NS_PER_MS } from './clock'
import { Ring } from './ring'

/** A part that has work to do in this turn of the event loop. */
export interface Runnable {
  /** Works until nothing is left or `turn.exhausted`. Schedules itself again for the remaining work. */
  run(turn: Turn): void
  /** Called at the end of each turn for which it was registered with `touch`: the place for work that is needed once a turn. */
  rest(): void
}

/**
 * How long the work of one turn may take before Node handles input, output and timers.
 *
 * With 4 ms, a call, one at a time, costs 9 % less, and the event loop is delayed by 5.1 ms instead of 1.7 (p99, saturated pool).
 */
export const TURN_BUDGET: Nanos = 2 * NS_PER_MS

/** A piece of work below this average is short. The clock is not read after each short piece. */
export const SHORT: Nanos = 5_000
/** The most short pieces between two readings. Fast path: 16 instead of 8. Saves 6 % of a short call (bench: call). */
export const MOST_SHARING = 16
/**
 * The same for single pieces, each in a microtask of its own. Fast path: 64 instead of 16. Saves 4 % of a call, one at a time. Those that
 * run in a row keep to 16: between two readings, nobody sees that the time budget of the turn is used up.
 */
export const MOST_SINGLE = 64
/** Single pieces share a reading for about this long at most. */
const SHARED_FOR: Nanos = MOST_SHARING * SHORT

const RESOLVED = Promise.resolve()

/**
 * One turn of the event loop, shared by everything on one clock.
 *
 * Work runs in microtasks of the turn in which it arrived, as fast as a function call, while a time budget lasts. The
 * remaining work waits until Node has handled timers, input and output.
 * Whoever starts a turn, its work is done outside of all asynchronous contexts: it is the work of many.
 *
 * The clock is read at the start of each batch of work, and after each piece that may have taken long (`RunMeter`): a reading
 * costs a quarter of a short call.
 */
export class Turn {
  private readonly clock: Clock
  /**
   * The last reading. Null until the first one, which comes before any use.
   *
   * Fast path: the null makes V8 keep a pointer to the number, and not copy it for each reader. Saves 1 % of a short call
   * (bench: call).
   */
  private time: Nanos = null as unknown as Nanos
  private until: Nanos = 0
  /** How long the last turn took, from its start until Node had handled input and output. */
  lasted: Nanos = 0
  /** Whether no turn is under way: one has started as soon as its end is scheduled. */
  private over = true
  private draining = false
  /** Single pieces since `glance` has read the clock, when that was, and after how many it does. */
  private glances = 0
  private glancedAt: Nanos = 0
  private share = 1
  /** Who is ready again while it runs comes after all others, in this turn or a later one. */
  private readonly ready = new Ring<Runnable>()
  private touched: Runnable[] = []

  private constructor(clock: Clock) {
    this.clock = clock
  }

  static readonly #turns = new WeakMap<Clock, Turn>()

  /** The turn of a clock: the same object each time. */
  static of(clock: Clock): Turn {
    let turn = Turn.#turns.get(clock)
    if (turn === undefined) Turn.#turns.set(clock, (turn = new Turn(clock)))
    return turn
  }

  /** The last reading in this turn. As exact as Node's timers, which also count from the start of the turn. */
  now(): Nanos {
    if (this.over) this.begin()
    return this.time
  }

  /** The last reading. Does not start a turn. */
  get last(): Nanos {
    return this.time
  }

  /** How long the turn that is under way has lasted; 0 between turns. Reads the clock, and starts no turn. */
  get age(): Nanos {
    return !this.over ? this.clock.now() - (this.until - TURN_BUDGET) : 0
  }

  /** Reads the clock. */
  refresh(): Nanos {
    if (this.over) this.begin()
    else this.time = this.clock.now()
    return this.time
  }

  /**
   * Begins a single piece of work, in a microtask of its own: reads the clock. Short pieces that follow one another closely share a
   * reading, up to 64 of them.
   *
   * Fast path: saves 13 % of a call, one at a time.
   *
   * @param mayShare whether the last pieces were short, and this one is not to be measured
   * @returns the time per piece since it has read the clock before, if it read it now; otherwise -1
   */
  glance(mayShare: boolean): Nanos {
    return ++this.glances < this.share && mayShare && !this.over ? -1 : this.look()
  }

  /** A method of its own, so that V8 inlines what comes before. */
  private look(): Nanos {
    const mean = (this.refresh() - this.glancedAt) / this.glances
    this.share = mean < SHORT ? Math.floor(Math.min(this.share * 2, MOST_SINGLE, SHARED_FOR / mean)) : 1
    this.glances = 0
    this.glancedAt = this.time
    return mean
  }

  /** Whether the time budget of this turn was used up at the last reading. */
  get exhausted(): boolean {
    return this.time >= this.until
  }

  /** Calls `runnable.run` in this turn, or in the next one if the budget is used up. */
  schedule(runnable: Runnable): void {
    this.ready.push(runnable)
    if (this.draining) return
    this.draining = true
    void RESOLVED.then(this.start)
  }

  /** Registers `runnable` for the end of this turn: its `rest` is called then. */
  touch(runnable: Runnable): void {
    if (this.over) this.begin()
    this.touched.push(runnable)
  }

  private begin(): void {
    this.over = false
    this.time = this.clock.now()
    this.share = 1
    this.until = this.time + TURN_BUDGET
    this.clock.defer(this.finish)
  }

  private readonly start = (): void => withoutContext(this.drain)
  private readonly finish = (): void => withoutContext(this.end)

  private readonly drain = (): void => {
    this.refresh()
    while (this.ready.length > 0 && !this.exhausted) {
      this.ready.shift().run(this)
      // What the next one does is no work of the first.
      if (this.ready.length > 0) this.refresh()
    }
    // The remaining work waits for the end of the turn, which is scheduled.
    this.draining = false
  }

  private readonly end = (): void => {
    this.over = true
    this.lasted = (this.time = this.clock.now()) - (this.until - TURN_BUDGET)
    const touched = this.touched
    this.touched = []
    for (const runnable of touched) runnable.rest()
    if (this.ready.length > 0 && !this.draining) this.drain()
  }
}
