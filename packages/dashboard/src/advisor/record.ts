import { getOptions, inspect, onEvent, type PoolRef, type SettledEvent } from '@genpool/core'
import { type Clock, clockOption, NS_PER_MS, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { checkFile } from './arguments'
import { KeyHash } from './key-hash'
import { RotatingFile } from './rotating-file'
import type { TraceHead } from './trace'

/**
 * Options of `recordTrace`.
 *
 * @example recordTrace(pool, 'trace.jsonl', { files: 3 })
 */
export const recordOptions = z.strictObject({
  maxBytes: z
    .number()
    .int()
    .min(1000)
    .default(100_000_000)
    .describe('How large a file may become, in bytes, before the next one is begun.'),
  files: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe('How many files are kept: `trace.jsonl`, and older ones as `trace.jsonl.1` and so on.'),
  flush: z.number().positive().default(1000).describe('How often lines are written, in milliseconds.'),
  clock: clockOption,
})
export type RecordOptions = z.input<typeof recordOptions>

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

/**
 * Writes a line for each request of a pool that has its outcome: when it arrived, its type, priority, a hash of its key, how
 * long it waited and ran, and the outcome. Never its message. For `simulate`, with `readTrace`.
 *
 * A request costs about 3 µs more while it is recorded. The lines are written once a second, and the recording does
 * not keep the process alive.
 *
 * @throws {OptionsError} if an option is wrong; rejects with Node's error if the file cannot be written. Nothing is recorded then
 * @example const recording = await recordTrace(db, 'trace.jsonl')
 */
export async function recordTrace(pool: PoolRef, file: string, options: RecordOptions = {}): Promise<Recording> {
  const { clock, flush, ...limits } = parseOptions(recordOptions, options, 'options of recordTrace')
  const { name } = inspect(pool)
  const { timeout } = getOptions(pool)
  checkFile('recordTrace', file)
  const head: TraceHead = {
    genpool: 'trace',
    version: 1,
    pool: name,
    timeoutMs: Number.isFinite(timeout) ? timeout : null,
  }
  const target = new RotatingFile({ file, ...limits, head: `${JSON.stringify(head)}\n` })
  await target.open()
  return new Recorder(pool, target, { clock, flushNs: flush * NS_PER_MS })
}

class Recorder implements Recording {
  recorded = 0
  readonly #keys = new KeyHash()
  readonly #types = new Map<string, string>()
  readonly #begin: number
  readonly #unsubscribe: () => void
  #timer: { cancel(): void }
  #error: unknown

  constructor(
    pool: PoolRef,
    private readonly file: RotatingFile,
    private readonly time: { readonly clock: Clock; readonly flushNs: number },
  ) {
    this.#begin = time.clock.now()
    this.#unsubscribe = onEvent('genpool:request:settled', (event) => this.#settled(event), { pool })
    this.#timer = this.#next()
  }

  get lost(): number {
    return this.file.lost
  }

  readonly flush = (): Promise<void> => this.file.flush()

  readonly stop = async (): Promise<void> => {
    this.#unsubscribe()
    this.#timer.cancel()
    await this.file.flush()
    if (this.#error !== undefined) throw this.#error
  }

  #settled({ type, priority, key, waitedMs, ranMs, outcome }: SettledEvent): void {
    this.recorded++
    const settled = (this.time.clock.now() - this.#begin) / NS_PER_MS
    const at = hundredths(settled - waitedMs - ranMs)
    this.file.add(
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
    this.file.flush().catch((error: unknown) => (this.#error ??= error))
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
