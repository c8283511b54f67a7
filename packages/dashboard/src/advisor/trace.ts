import { wrongArgument } from '@genpool/runtime'
import { readFileSync } from 'node:fs'
import { checkFile } from './arguments'

/** One request of a trace: what a simulation needs to send it again, and what became of it. No payload. */
export interface TracedRequest {
  /** When it arrived, in milliseconds since the trace began. */
  readonly at: number
  readonly type: string
  readonly priority: number
  /** A hash of its key; empty without one. */
  readonly key: string
  /** How long it waited, and how long its handler ran; 0 if it never ran. */
  readonly waitedMs: number
  readonly ranMs: number
  readonly outcome: string
}

/** The requests of a pool over some time, in the order of their arrival. */
export interface Trace {
  readonly pool: string
  /** How long callers waited by default, in milliseconds. */
  readonly timeoutMs: number
  readonly requests: readonly TracedRequest[]
  /** How many requests are missing because the disk was too slow. */
  readonly lost: number
}

/** The first line of a file. */
export interface TraceHead {
  readonly genpool: 'trace'
  readonly version: 1
  readonly pool: string
  readonly timeoutMs: number | null
}

/**
 * Reads traces that `recordTrace` wrote. Lines that are no requests are skipped: the last one may be cut off by a crash.
 *
 * @param files the parts of one trace, in any order
 * @throws Node's error if a file cannot be read; {OptionsError} if it is no trace
 * @example const trace = readTrace('monday.jsonl', 'tuesday.jsonl')
 */
export function readTrace(...files: readonly string[]): Trace {
  if (files.length === 0) checkFile('readTrace', undefined)
  for (const file of files) checkFile('readTrace', file)
  const parts = files.map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').flatMap(parsed) }))
  const heads = parts.map(({ file, lines }) => headOf(file, lines[0]))
  const lines = parts.flatMap(({ lines }) => lines.slice(1))
  const requests = lines.filter(isRequest).sort((a, b) => a.at - b.at)
  const lost = lines.reduce<number>((sum, line) => sum + lostOf(line), 0)
  return { pool: heads[0]?.pool ?? '', timeoutMs: heads[0]?.timeoutMs ?? Infinity, requests, lost }
}

function headOf(file: string, line: unknown): TraceHead {
  const head = (line ?? {}) as Partial<TraceHead>
  const { genpool, version, pool, timeoutMs = null } = head
  const isTimeout = timeoutMs === null || (typeof timeoutMs === 'number' && timeoutMs >= 0)
  if (genpool === 'trace' && version === 1 && typeof pool === 'string' && isTimeout) return head as TraceHead
  throw wrongArgument(
    { of: 'readTrace', argument: 'file', expected: 'a trace, as recordTrace(pool, file) writes it' },
    file,
  )
}

function parsed(line: string): unknown[] {
  try {
    return line === '' ? [] : [JSON.parse(line)]
  } catch {
    return []
  }
}

function lostOf(line: unknown): number {
  const { lost } = (line ?? {}) as { lost?: unknown }
  return typeof lost === 'number' && lost > 0 && lost < Infinity ? lost : 0
}

/** Whether a value is a request of a trace: it comes from a file, or from a program. */
export function isRequest(value: unknown): value is TracedRequest {
  const { at, ranMs, outcome, type, key, priority } = (value ?? {}) as Partial<TracedRequest>
  const isTimed = Number.isFinite(at) && Number.isFinite(ranMs)
  const isSorted = typeof priority === 'number' && !Number.isNaN(priority)
  return isTimed && isSorted && [outcome, type, key].every((text) => typeof text === 'string')
}
