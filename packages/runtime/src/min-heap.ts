/** An item of a `MinHeap`. The heap writes `heapIndex`; start with -1. */
export interface Scheduled {
  /** The time of the item. Change it only with `MinHeap.set`. */
  heapAt: number
  heapIndex: number
}

/** Finds the earliest of many times; setting and removing one costs O(log n). */
export class MinHeap<T extends Scheduled> {
  private readonly items: T[] = []

  /** The earliest time; `Infinity` if the heap is empty. */
  get least(): number {
    // V8 reads beyond the end of a list slowly.
    return this.items.length === 0 ? Infinity : (this.items[0] as T).heapAt
  }

  /** The item with the earliest time. */
  get first(): T | undefined {
    return this.items.length === 0 ? undefined : this.items[0]
  }

  /** Adds `item`, or moves it to another time; `Infinity` removes it. */
  set(item: T, at: number): void {
    if (item.heapIndex < 0) {
      if (at === Infinity) return
      item.heapAt = at
      item.heapIndex = this.items.push(item) - 1
      this.up(item)
    } else if (at === Infinity) this.delete(item)
    else {
      item.heapAt = at
      this.up(item)
      this.down(item)
    }
  }

  delete(item: T): void {
    const index = item.heapIndex
    if (index < 0) return
    const last = this.items.pop() as T
    item.heapIndex = -1
    if (last === item) return
    this.place(last, index)
    this.up(last)
    this.down(last)
  }

  /** Returns the items whose time is at or before `at`, in no particular order. Visits few others. */
  upTo(at: number, index = 0, found: T[] = []): T[] {
    const item = this.items[index]
    if (item === undefined || item.heapAt > at) return found
    found.push(item)
    this.upTo(at, 2 * index + 1, found)
    return this.upTo(at, 2 * index + 2, found)
  }

  /** Whether one comes before another. Those with equal times may come in any order. */
  protected isBefore(a: T, b: T): boolean {
    return a.heapAt < b.heapAt
  }

  private place(item: T, index: number): void {
    this.items[index] = item
    item.heapIndex = index
  }

  private up(item: T): void {
    while (item.heapIndex > 0) {
      const index = item.heapIndex
      const parent = this.items[(index - 1) >> 1] as T
      if (!this.isBefore(item, parent)) return
      this.place(item, parent.heapIndex)
      this.place(parent, index)
    }
  }

  private down(item: T): void {
    for (;;) {
      const index = item.heapIndex
      const child = this.lesser(this.items[2 * index + 1], this.items[2 * index + 2])
      if (child === undefined || !this.isBefore(child, item)) return
      this.place(item, child.heapIndex)
      this.place(child, index)
    }
  }

  private lesser(left: T | undefined, right: T | undefined): T | undefined {
    if (left === undefined || right === undefined) return left
    return this.isBefore(right, left) ? right : left
  }
}
