/** Something that was done to a pool, or that it did, at a time: a line in the plots. */
export interface Mark {
  /** Milliseconds on the clock of the dashboard. */
  readonly t: number
  readonly text: string
}

/** Marks are kept as long as the plots reach back, and never more than this. */
const MOST_MARKS = 50

/** The last marks of one pool. */
export class MarkList {
  #marks: Mark[] = []

  constructor(private readonly nowMs: () => number) {}

  add(text: string): void {
    this.#marks = [...this.#marks, { t: this.nowMs(), text }].slice(-MOST_MARKS)
  }

  /** The marks since `t`, oldest first. */
  since(t: number): readonly Mark[] {
    this.#marks = this.#marks.filter((mark) => mark.t >= t)
    return this.#marks
  }
}
