import { OptionsError, showValue } from '@genpool/runtime'
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
  /**
   * How many lines are skipped since they are no requests. More than one in a file means that something damaged it: a crash, or a
   * recording that goes on, only cuts off its last line.
   */
  readonly broken: number
}

/** Of the format of files. */
const VERSION = 1

/** The first line of a file. */
export interface TraceHead {
  readonly genpool: 'trace'
  readonly version: typeof VERSION
  readonly pool: string
  readonly timeoutMs: number | null
}

/** A line of a file that is neither a request nor a count of lost ones. */
export interface BrokenLine {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly text: string
  /** Whether it is the last of its file and has no end: a crash, or a recording that goes on, cuts lines off. */
  readonly isCutOff: boolean
}

/**
 * Reads traces that `recordTrace` wrote. Lines that are no requests are skipped, and counted in `broken`: the last one may be cut off
 * by a crash.
 *
 * @param files the parts of one trace, in any order
 * @throws Node's error if a file cannot be read; {OptionsError} if it is no trace, or of another version
 * @example const trace = readTrace('monday.jsonl', 'tuesday.jsonl')
 */
export function readTrace(...files: readonly string[]): Trace {
  return readLines(files).trace
}

/** Reads traces, and says which lines were skipped. */
export function readLines(files: readonly string[]): { readonly trace: Trace; readonly broken: readonly BrokenLine[] } {
  if (files.length === 0) checkFile('readTrace', undefined)
  for (const file of files) checkFile('readTrace', file)
  const parts = files.map(partOf)
  const requests = parts.flatMap((part) => part.requests).sort((a, b) => a.at - b.at)
  const lost = parts.reduce((sum, part) => sum + part.lost, 0)
  const { pool = '', timeoutMs } = parts[0]?.head ?? {}
  const broken = parts.flatMap((part) => part.broken)
  return { trace: { pool, timeoutMs: timeoutMs ?? Infinity, requests, lost, broken: broken.length }, broken }
}

interface Part {
  readonly head: TraceHead
  readonly requests: TracedRequest[]
  readonly lost: number
  readonly broken: BrokenLine[]
}

function partOf(file: string): Part {
  const [first = '', ...lines] = readFileSync(file, 'utf8').split('\n')
  const part = { head: headOf(file, first), requests: [] as TracedRequest[], lost: 0, broken: [] as BrokenLine[] }
  lines.forEach((text, index) => {
    if (text.trim() === '') return
    const value = parsed(text)
    const lost = lostOf(value)
    if (isRequest(value)) part.requests.push(value)
    else if (lost > 0) part.lost += lost
    else part.broken.push({ file, line: index + 2, text, isCutOff: index === lines.length - 1 })
  })
  return part
}

function headOf(file: string, line: string): TraceHead {
  const head = (parsed(line) ?? {}) as Partial<Omit<TraceHead, 'version'>> & { readonly version?: unknown }
  const { genpool, version, pool, timeoutMs = null } = head
  const isTimeout = timeoutMs === null || (typeof timeoutMs === 'number' && timeoutMs >= 0)
  if (genpool === 'trace' && version === VERSION && typeof pool === 'string' && isTimeout) return head as TraceHead
  const [what, expected] =
    genpool === 'trace' && version !== VERSION
      ? [`a trace of version ${showValue(version)}`, `version ${VERSION}: read it with the GenPool that wrote it`]
      : [line === '' ? 'an empty file' : 'something else', 'a trace, as recordTrace(pool, file) writes it']
  const message = `expected ${expected}, got ${what} in "${file}"`
  throw new OptionsError(`The file given to readTrace is wrong: ${message}.`, [{ path: ['file'], message }])
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
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
