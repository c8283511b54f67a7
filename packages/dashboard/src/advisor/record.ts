import type { PoolRef } from '@genpool/core'
import { clockOption, NS_PER_MS, parseOptions, wrongArgument } from '@genpool/runtime'
import { z } from 'zod'
import { isPool } from '../options'
import { checkFile } from './arguments'
import { Recorder, type Recording, traceHead } from './recorder'
import { RotatingFile } from './rotating-file'

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

/**
 * Writes a line for each request of a pool that has its outcome: when it arrived, its type, priority, a hash of its key, how
 * long it waited and ran, and the outcome. Never its message. For `simulate`, with `readTrace`.
 *
 * A trace that is in the file already is kept as `trace.jsonl.1`.
 *
 * A request costs about 3 µs more while it is recorded. The lines are written once a second, and the recording does
 * not keep the process alive.
 *
 * @throws {OptionsError} if an option is wrong; rejects with Node's error if the file cannot be written. Nothing is recorded then
 * @example const recording = await recordTrace(db, 'trace.jsonl')
 */
export async function recordTrace(pool: PoolRef, file: string, options: RecordOptions = {}): Promise<Recording> {
  const { clock, flush, ...limits } = parseOptions(recordOptions, options, 'options of recordTrace')
  if (!isPool(pool))
    throw wrongArgument(
      { of: 'recordTrace', argument: 'pool', expected: 'the address of a pool, as spawnPool returned it' },
      pool,
    )
  const head = traceHead(pool)
  checkFile('recordTrace', file)
  const target = new RotatingFile({ file, ...limits, head })
  await target.open()
  return new Recorder(pool, target, { clock, flushNs: flush * NS_PER_MS })
}
