import { textOf as shown } from '@genpool/runtime'
import type { CellKey, Kept } from '@genpool/state-ane'
import type { Codec } from '../wire/codec'

/** A lease as it stands in an entry: others wait for `ms` after they have seen it last renewed. */
export interface LeaseMark {
  readonly id: string
  readonly ms: number
  /** How often it was renewed. */
  readonly renewed: number
}

/** What an entry of the bucket says. */
export interface Content {
  readonly cells: ReadonlyMap<CellKey, Kept>
  readonly leases: ReadonlyMap<CellKey, LeaseMark>
  /** The last write of each process, so that one that got no answer finds out whether its write is there. The oldest come first. */
  readonly writers: ReadonlyMap<string, number>
  /** The name that its first write has given to it. Whoever makes a first state anew gives another one. Empty before. */
  readonly history: string
  /** Other histories that it goes on from, and up to which number of commits: somebody has restored or accepted values. */
  readonly ended: ReadonlyMap<string, number>
}

export const EMPTY: Content = { cells: new Map(), leases: new Map(), writers: new Map(), history: '', ended: new Map() }

/** Writers that are remembered. One that was forgotten cannot say whether its write is there. */
export const MOST_WRITERS = 32

/** The format. Others refuse what they do not know. */
const FORMAT = 'genpool-1'

/** The bytes of an entry are none of ours, or somebody has changed them. */
export class BadContent extends Error {
  override readonly name = 'BadContent'
}

/** An entry of which no good values are known here: somebody keeps something else in the bucket, or has damaged it. */
export class ForeignEntry extends Error {
  override readonly name = 'ForeignEntry'

  constructor(what: string, cause: BadContent) {
    super(
      `${what}. If an earlier revision is one of a store, restore() writes that back. Otherwise it leaves this entry alone: remove it, and ` +
        'keep other things in another bucket.',
      { cause },
    )
  }
}

/** Others have committed a value that this process does not take. It is not damaged, so nothing may be written over it. */
export class RefusedValue extends Error {
  override readonly name = 'RefusedValue'

  constructor(where: string, cause: unknown) {
    super(
      `${where} has a value that "validate" refuses here, and another machine has committed it. Give all machines the same ` +
        `"validate". ${shown(cause)}`,
      { cause },
    )
  }
}

export function encodeContent(codec: Codec, { cells, leases, writers, history, ended }: Content): Uint8Array {
  return codec.encode([
    FORMAT,
    [...cells].map(([key, { version, value }]) => [key, version, value]),
    [...leases].map(([key, { id, ms, renewed }]) => [key, id, ms, renewed]),
    [...writers],
    history,
    [...ended],
  ])
}

/** @throws {BadContent} */
export function decodeContent(codec: Codec, bytes: Uint8Array): Content {
  const [format, cells, leases, writers, history = '', ended = []] = listOf(decode(codec, bytes))
  if (format !== FORMAT) throw new BadContent(`it is not in the format "${FORMAT}"`)
  return {
    cells: new Map(listOf(cells).map(cellOf)),
    leases: new Map(listOf(leases).map(leaseOf)),
    writers: new Map(listOf(writers).map(countedOf)),
    history: textOf(history),
    ended: new Map(listOf(ended).map(countedOf)),
  }
}

/** The same, with this process as the last writer. The first write names the history. */
export function written(content: Content, writer: string, write: number): Content {
  const writers = new Map(content.writers)
  writers.delete(writer)
  writers.set(writer, write)
  for (const oldest of writers.keys()) {
    if (writers.size <= MOST_WRITERS) break
    writers.delete(oldest)
  }
  return { ...content, writers, history: content.history === '' ? `${writer}-${write}` : content.history }
}

function decode(codec: Codec, bytes: Uint8Array): unknown {
  try {
    return codec.decode(bytes)
  } catch (error) {
    throw new BadContent(`it cannot be decoded: ${shown(error)}`, { cause: error })
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new BadContent('it has not the shape of an entry')
}

function cellOf(part: unknown): readonly [CellKey, Kept] {
  const [key, version, value] = listOf(part)
  return [keyOf(key), { version: countOf(version), value }]
}

function leaseOf(part: unknown): readonly [CellKey, LeaseMark] {
  const [key, id, ms, renewed] = listOf(part)
  return [keyOf(key), { id: textOf(id), ms: countOf(ms), renewed: countOf(renewed) }]
}

function countedOf(part: unknown): readonly [string, number] {
  const [name, count] = listOf(part)
  return [textOf(name), countOf(count)]
}

function keyOf(value: unknown): CellKey {
  return typeof value === 'number' ? value : textOf(value)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new BadContent('it has not the shape of an entry')
}

function countOf(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new BadContent('it has not the shape of an entry')
}
