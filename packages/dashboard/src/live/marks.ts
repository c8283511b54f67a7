import { onEvent, type PoolRef } from '@genpool/core'
import { showOption } from '../actions/show-option'
import { type Mark, MarkList } from './mark-list'

/** Notes what changes about one pool. Only rare events: they cost a pool nothing while it works. */
export class Marks {
  readonly #ends: readonly (() => void)[]
  readonly #marks: MarkList

  constructor(pool: PoolRef, nowMs: () => number) {
    this.#marks = new MarkList(nowMs)
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
    return this.#marks.since(t)
  }

  end(): void {
    for (const end of this.#ends) end()
  }

  #add(text: string): void {
    this.#marks.add(text)
  }
}

function describeChange({ path, from, to }: { path: string; from: unknown; to: unknown }): string {
  if (path === 'paused') return to === true ? 'paused' : 'resumed'
  return `${path} ${showOption(from)} → ${showOption(to)}`
}
