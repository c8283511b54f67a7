import { onEvent, type PoolRef } from '@genpool/core'
import { showOption } from '../actions/show-option'

/** Something that was done to a pool, or that it did, at a time: a line in the plots. */
export interface Mark {
  /** Milliseconds on the clock of the dashboard. */
  readonly t: number
  readonly text: string
}

/** Marks are kept as long as the plots reach back, and never more than this. */
const MOST_MARKS = 50

/** Notes what changes about one pool. Only rare events: they cost a pool nothing while it works. */
export class Marks {
  readonly #ends: readonly (() => void)[]
  #marks: Mark[] = []

  constructor(
    pool: PoolRef,
    private readonly nowMs: () => number,
  ) {
    const options = { pool }
    this.#ends = [
      onEvent('genpool:pool:configure', ({ changes }) => this.#add(changes.map(describeChange).join(', ')), options),
      onEvent('genpool:pool:drain', () => this.#add('drain'), options),
      onEvent('genpool:pool:stop', () => this.#add('stopped'), options),
      onEvent('genpool:alarm:set', () => this.#add('alarm set'), options),
      onEvent('genpool:alarm:clear', () => this.#add('alarm cleared'), options),
      onEvent('genpool:breaker:change', ({ from, to }) => this.#add(`breaker ${from} → ${to}`), options),
    ]
  }

  /** The marks since `t`, oldest first. */
  since(t: number): readonly Mark[] {
    this.#marks = this.#marks.filter((mark) => mark.t >= t)
    return this.#marks
  }

  end(): void {
    for (const end of this.#ends) end()
  }

  #add(text: string): void {
    this.#marks = [...this.#marks, { t: this.nowMs(), text }].slice(-MOST_MARKS)
  }
}

function describeChange({ path, from, to }: { path: string; from: unknown; to: unknown }): string {
  if (path === 'paused') return to === true ? 'paused' : 'resumed'
  return `${path} ${showOption(from)} → ${showOption(to)}`
}
