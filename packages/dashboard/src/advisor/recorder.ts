import { getOptions, inspect, onEvent, type PoolRef, type SettledEvent } from '@genpool/core'
import { type Clock, NS_PER_MS } from '@genpool/runtime'
import { KeyHash } from './key-hash'
import type { TraceHead } from './trace'

/** A recording that goes on. */
export interface Recording {
  /** How many requests it has so far. */
  readonly recorded: number
  /** How many it has not, because the disk was too slow or could not be written. */
  readonly lost: number
  /** Writes what it has so far. It does so by itself, once in `flush` milliseconds. Rejects with the error of the disk. */
  readonly flush: () => Promise<void>
  /** Ends it. Resolves when everything is written; rejects with the error of the disk if something could not be. */
  readonly stop: () => Promise<void>
}

/** Where lines go. */
export interface LineSink {
  /** How many lines it could not take. */
  readonly lost: number
  /** Takes a line. It is written with the next `flush`. */
  add(line: string): void
  flush(): Promise<void>
  /** Nothing more is written. */
  close?(): void
}

/** The first line of a trace of this pool. */
export function traceHead(pool: PoolRef): string {
  const { name } = inspect(pool)
  const { timeout } = getOptions(pool)
  const timeoutMs = Number.isFinite(timeout) ? timeout : null
  const head: TraceHead = { genpool: 'trace', version: 1, pool: name, timeoutMs }
  return `${JSON.stringify(head)}\n`
}

/** Makes lines of what becomes of the requests of a pool. */
export class Recorder implements Recording {
  recorded = 0
  readonly #keys = new KeyHash()
  readonly #types = new Map<string, string>()
  readonly #begin: number
  readonly #unsubscribe: () => void
  #timer: { cancel(): void }
  #error: unknown

  constructor(
    pool: PoolRef,
    private readonly target: LineSink,
    private readonly time: { readonly clock: Clock; readonly flushNs: number },
  ) {
    this.#begin = time.clock.now()
    this.#unsubscribe = onEvent('genpool:request:settled', (event) => this.#settled(event), { pool })
    this.#timer = this.#next()
  }

  get lost(): number {
    return this.target.lost
  }

  readonly flush = (): Promise<void> => this.target.flush()

  readonly stop = async (): Promise<void> => {
    this.#unsubscribe()
    this.#timer.cancel()
    try {
      await this.target.flush()
    } finally {
      this.target.close?.()
    }
    if (this.#error !== undefined) throw this.#error
  }

  #settled({ type, priority, key, waitedMs, ranMs, outcome }: SettledEvent): void {
    this.recorded++
    const settled = (this.time.clock.now() - this.#begin) / NS_PER_MS
    const at = hundredths(settled - waitedMs - ranMs)
    this.target.add(
      `{"at":${at},"type":${this.#quoted(type)},"priority":${numeral(priority)},"key":"${this.#keys.of(key)}",` +
        `"waitedMs":${hundredths(waitedMs)},"ranMs":${hundredths(ranMs)},"outcome":"${outcome}"}\n`,
    )
  }

  /** Types are few, and quoting one takes as long as the rest of the line. */
  #quoted(type: string): string {
    let quoted = this.#types.get(type)
    if (quoted === undefined) {
      if (this.#types.size > 1000) this.#types.clear()
      this.#types.set(type, (quoted = JSON.stringify(type)))
    }
    return quoted
  }

  #next(): { cancel(): void } {
    const { clock, flushNs } = this.time
    return clock.setTimer(clock.now() + flushNs, () => this.#tick(), false)
  }

  #tick(): void {
    this.#timer = this.#next()
    // The first error is told by `stop`; the next lines are tried again.
    this.target.flush().catch((error: unknown) => (this.#error ??= error))
  }
}

/** A number as JSON. It has no Infinity, but a number this large is read as one. */
function numeral(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  return value > 0 ? '1e999' : '-1e999'
}

function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100
}
