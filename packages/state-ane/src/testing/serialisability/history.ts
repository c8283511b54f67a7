import { readSafely, wrongArgument } from '@genpool/runtime'
import type { Kind } from './plan'

/** The value of each cell: the letters of the operations that committed to it, in order. */
export type Logs = Readonly<Record<string, string>>

/** One operation as its client saw it. */
export interface Entry {
  readonly client: number
  readonly kind: Kind
  /** The letter that it appends. */
  readonly letter: string
  /** The cells that it appends to; none if it only reads. */
  readonly writes: readonly string[]
  /** What it read, if that must have been the latest value at the time of its commit. */
  readonly saw: Logs
  /** The values after its commit, as the client was told. */
  readonly left: Logs
  /** False if it failed, or changed nothing on purpose; it must then have had no effect. */
  readonly committed: boolean
  /** Times; smaller is earlier. */
  readonly begun: number
  readonly ended: number
}

export interface History {
  readonly entries: readonly Entry[]
  readonly final: Logs
  /** A fault that no order explains: an unplanned error, or an operation that never ended. */
  readonly fault?: string | undefined
}

/** The order that a serial order must keep. */
export type Order =
  /** An operation that ended before another one began comes before it: every reader sees the latest commit. */
  | 'real-time'
  /** Only the order of each client counts: readers may see old values. */
  | 'per client'

/**
 * Returns a serial order of the operations that explains everything that was seen, or undefined if there is none.
 *
 * Searches all orders, and remembers which sets of operations led to which values (Wing and Gong 1993, Lowe 2017).
 * Takes up to 30 operations.
 */
export function serialOrder(history: History, order: Order): readonly Entry[] | undefined {
  if (!readSafely(() => Array.isArray(history.entries), false)) {
    throw wrongArgument({ of: 'serialOrder', argument: 'history', expected: 'an object { entries, final }' }, history)
  }
  const entries = history.entries.filter((entry) => entry.committed)
  const before = entries.map((later) => bits(entries.map((earlier) => precedes(earlier, later, order))))
  const all = 2 ** entries.length - 1
  const dead = new Set<string>()
  const chosen: Entry[] = []

  const search = (done: number, logs: Logs): boolean => {
    if (done === all) return same(logs, history.final)
    const key = `${done} ${Object.values(logs).join()}`
    if (dead.has(key)) return false
    for (const [i, entry] of entries.entries()) {
      const bit = 2 ** i
      const required = before[i] as number
      if ((done & bit) !== 0 || (done & required) !== required) continue
      const next = apply(entry, logs)
      if (next === undefined) continue
      chosen.push(entry)
      if (search(done | bit, next)) return true
      chosen.pop()
    }
    dead.add(key)
    return false
  }

  const empty = Object.fromEntries(Object.keys(history.final).map((cell) => [cell, '']))
  return search(0, empty) ? chosen : undefined
}

/** Returns the values after the operation; undefined if it could not have seen what it saw. */
function apply(entry: Entry, logs: Logs): Logs | undefined {
  if (!matches(entry.saw, logs)) return undefined
  if (entry.writes.length === 0) return logs
  const next = { ...logs }
  for (const cell of entry.writes) next[cell] += entry.letter
  return matches(entry.left, next) ? next : undefined
}

function precedes(earlier: Entry, later: Entry, order: Order): boolean {
  if (order === 'per client' && earlier.client !== later.client) return false
  return earlier.ended < later.begun
}

function matches(part: Logs, logs: Logs): boolean {
  return Object.entries(part).every(([cell, log]) => logs[cell] === log)
}

function same(a: Logs, b: Logs): boolean {
  return matches(a, b) && matches(b, a)
}

function bits(flags: readonly boolean[]): number {
  return flags.reduce((mask, flag, i) => (flag ? mask | (2 ** i) : mask), 0)
}

/** Writes a history as text, one operation per line. */
export function show({ entries, final, fault }: History): string {
  const logs = (seen: Logs): string =>
    Object.entries(seen)
      .map(([cell, log]) => `${cell}="${log}"`)
      .join(' ')
  const lines = [...entries]
    .sort((a, b) => a.begun - b.begun)
    .map(({ client, kind, letter, writes, saw, left, committed, begun, ended }) =>
      [
        `  client ${client}, ${begun}..${ended}: ${kind}`,
        writes.length > 0 ? `appends ${letter} to ${writes.join(', ')};` : '',
        Object.keys(saw).length > 0 ? `saw ${logs(saw)};` : '',
        committed ? (Object.keys(left).length > 0 ? `left ${logs(left)}` : '') : 'had no effect',
      ]
        .filter((part) => part !== '')
        .join(' '),
    )
  return [...lines, `  at the end ${logs(final)}`, ...(fault === undefined ? [] : [`  ${fault}`])].join('\n')
}
