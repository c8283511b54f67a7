/** How many places there are from the first value on. */
const FIRST = 16

const NONE: never[] = []

/** A queue that uses its memory again: a list that is emptied and filled in each turn would be allocated anew each time. */
export class Ring<T> {
  length = 0
  /** A power of two, so that places are found by masking; none before the first value. */
  private slots: (T | null)[] = NONE
  private head = 0

  push(value: T): void {
    if (this.length === this.slots.length) this.grow()
    this.slots[(this.head + this.length++) & (this.slots.length - 1)] = value
  }

  /** Adds one that comes first. */
  unshift(value: T): void {
    if (this.length === this.slots.length) this.grow()
    this.head = (this.head - 1) & (this.slots.length - 1)
    this.slots[this.head] = value
    this.length++
  }

  /** Takes the oldest out. To be called only if there is one. */
  shift(): T {
    const value = this.slots[this.head] as T
    this.slots[this.head] = null
    this.head = (this.head + 1) & (this.slots.length - 1)
    this.length--
    return value
  }

  private grow(): void {
    const slots = this.slots
    if (slots.length === 0) return void (this.slots = new Array<null>(FIRST).fill(null))
    const inOrder = [...slots.slice(this.head), ...slots.slice(0, this.head)]
    this.slots = [...inOrder, ...new Array<null>(slots.length).fill(null)]
    this.head = 0
  }
}
