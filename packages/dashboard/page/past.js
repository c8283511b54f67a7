/** @import { Column } from '../src/live/columns' */
/** @import { Hello } from '../src/live/messages' */

/** As many samples as the server keeps. */
const CAPACITY = 600

/** The samples of the last ten minutes, in columns. It never grows beyond them. */
export class Past {
  /** @type {Map<string, (number | null)[]>} */
  #columns = new Map()
  #length = 0

  /** @param {Hello['history']} history */
  replace(history) {
    this.#columns = new Map(Object.entries(history).map(([name, values]) => [name, [...values]]))
    this.#length = this.column('t').length
  }

  /**
   * Adds a sample, unless it has it already: a pool is also told of after each change.
   *
   * @param {Readonly<Record<string, number | null>>} sample
   */
  add(sample) {
    const last = this.column('t').at(-1) ?? -Infinity
    if (last !== null && Number(sample['t']) <= last) return
    for (const name of Object.keys(sample)) {
      if (!this.#columns.has(name)) this.#columns.set(name, Array(this.#length).fill(null))
    }
    for (const [name, values] of this.#columns) {
      values.push(sample[name] ?? null)
      if (values.length > CAPACITY) values.shift()
    }
    this.#length = Math.min(this.#length + 1, CAPACITY)
  }

  get length() {
    return this.#length
  }

  /** @param {string} name */
  column(name) {
    return this.#columns.get(name) ?? []
  }

  /**
   * The names of columns that begin with something and have a number above 0, in order.
   *
   * @param {string} prefix
   */
  namesOf(prefix) {
    const names = [...this.#columns.keys()].filter((name) => name.startsWith(prefix))
    return names.filter((name) => this.column(name).some((value) => Number(value) > 0)).sort()
  }
}
