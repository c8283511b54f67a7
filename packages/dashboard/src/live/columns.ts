/** A column of numbers of the last ten minutes; null where there was none. */
export type Column = readonly (number | null)[]

/** The last `capacity` samples, by name of what was measured. Its memory does not grow. */
export class Columns {
  readonly #columns = new Map<string, Float64Array>()
  #next = 0
  #length = 0

  constructor(private readonly capacity: number) {}

  get length(): number {
    return this.#length
  }

  /** Adds one sample. A name that it does not have is null in it. */
  add(sample: Readonly<Record<string, number | null>>): void {
    for (const [name, value] of Object.entries(sample)) this.#column(name)[this.#next] = value ?? NaN
    for (const [name, column] of this.#columns) if (!(name in sample)) column[this.#next] = NaN
    this.#next = (this.#next + 1) % this.capacity
    this.#length = Math.min(this.#length + 1, this.capacity)
  }

  /** All samples, oldest first. Names without any number left are dropped. */
  read(): Readonly<Record<string, Column>> {
    const result: Record<string, Column> = {}
    for (const [name, column] of this.#columns) {
      const values = this.#inOrder(column)
      if (values.some((value) => value !== null)) result[name] = values
      else this.#columns.delete(name)
    }
    return result
  }

  #inOrder(column: Float64Array): (number | null)[] {
    const start = this.#next - this.#length + this.capacity
    return Array.from({ length: this.#length }, (_, i) => {
      const value = column[(start + i) % this.capacity] ?? NaN
      return Number.isNaN(value) ? null : value
    })
  }

  #column(name: string): Float64Array {
    let column = this.#columns.get(name)
    if (column === undefined) this.#columns.set(name, (column = new Float64Array(this.capacity).fill(NaN)))
    return column
  }
}
