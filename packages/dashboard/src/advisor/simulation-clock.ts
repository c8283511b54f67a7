import { type Clock, type Nanos, systemClock, type Timer } from '@genpool/runtime'

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
    await this.#settle()
    for (let next = this.#heap[0]; next !== undefined && next.at <= until && !isOver(); next = this.#heap[0]) {
      this.#pop()
      if (next.fn === null) continue
      this.#now = Math.max(this.#now, next.at)
      withoutStacks(next.fn)
      await this.#settle()
    }
  }

  async #settle(): Promise<void> {
    do {
      const batch = this.#deferred
      this.#deferred = []
      for (const fn of batch) withoutStacks(fn)
      // A turn of the real event loop: all promises that can settle do so.
      await new Promise<void>((resolve) => systemClock.defer(resolve))
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

/** Drops are errors, and nobody reads where they were made: with stacks, overload takes half as long again. */
function withoutStacks(fn: () => void): void {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    fn()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
