import { type Clock, type Nanos, systemClock, type Timer } from '@genpool/runtime'

/** So many timers in a row; then the rest of the process has its turn. */
const STEPS_IN_A_ROW = 100

interface Entry extends Timer {
  readonly at: Nanos
  readonly order: number
  fn: (() => void) | null
}

/** Virtual time for a simulation: it goes on as fast as the processor lets it, from one timer to the next. */
export class SimulationClock implements Clock {
  #now: Nanos = 0
  #order = 0
  /** A heap: the earliest first, those of one time in the order in which they were set. */
  readonly #heap: Entry[] = []
  #deferred: (() => void)[] = []

  now(): Nanos {
    return this.#now
  }

  setTimer(at: Nanos, fn: () => void): Timer {
    const entry: Entry = { at, order: this.#order++, fn, cancel: () => void (entry.fn = null) }
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
    return entry
  }

  defer(fn: () => void): void {
    this.#deferred.push(fn)
  }

  /** Lets time pass until then, or until `isOver` says so. Everything that a timer causes is done before the next one. */
  async run(until: Nanos, isOver: () => boolean = () => false): Promise<void> {
    for (let goesOn = true; goesOn;) {
      await turnOfTheProcess()
      goesOn = await withoutStacks(() => this.#someSteps(until, isOver))
    }
  }

  /** Returns whether there is more to do. */
  async #someSteps(until: Nanos, isOver: () => boolean): Promise<boolean> {
    await this.#settle()
    for (let step = 0; step < STEPS_IN_A_ROW; step++) {
      const next = this.#heap[0]
      if (next === undefined || next.at > until || isOver()) return false
      this.#pop()
      if (next.fn === null) continue
      this.#now = Math.max(this.#now, next.at)
      next.fn()
      await this.#settle()
    }
    return true
  }

  async #settle(): Promise<void> {
    do {
      const batch = this.#deferred
      this.#deferred = []
      for (const fn of batch) fn()
      await allPromises()
    } while (this.#deferred.length > 0)
  }

  #rise(index: number): void {
    const heap = this.#heap
    const entry = heap[index] as Entry
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above] as Entry
      if (!isBefore(entry, parent)) break
      heap[index] = parent
      index = above
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let index = 0
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Entry)) child++
      const below = heap[child] as Entry
      if (!isBefore(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}

/** Resolves when all that other parts of this process have to do had its turn. */
function turnOfTheProcess(): Promise<void> {
  return new Promise((resolve) => systemClock.defer(resolve))
}

/** Resolves when all promises that can settle have done so. A turn of the event loop would do that, too, and takes ten times as long. */
function allPromises(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

/**
 * Drops are errors, and nobody reads where they were made: with stacks, overload takes half as long again.
 *
 * @param steps begins and ends in one turn of the event loop, so that no other code has its errors without stacks
 */
async function withoutStacks<T>(steps: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await steps()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
