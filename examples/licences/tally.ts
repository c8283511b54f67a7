import { type DeepReadonly } from '@genpool/core'
import { isDeepStrictEqual } from 'node:util'
import { type Facts, type Malformed } from './manifest'

/** The counts of all packages read so far: the state that the pool's members share. */
export interface Tally {
  manifests: number
  files: number
  /** Packages by licence. */
  licences: Record<string, number>
  /** Packages by author or maintainer. */
  people: Record<string, number>
  /** Versions by name of package, each once. */
  versions: Record<string, string[]>
  malformed: Malformed[]
}

/** The counts to look at, as `getState` shows them. */
export type Totals = DeepReadonly<Tally>

export function emptyTally(): Tally {
  return { manifests: 0, files: 0, licences: {}, people: {}, versions: {}, malformed: [] }
}

/** Adds one package to a tally, or to the draft of one that a commit works on. */
export function addTo(tally: Tally, read: Facts | Malformed): void {
  if ('reason' in read) {
    tally.malformed.push(read)
    return
  }
  tally.manifests++
  tally.files += read.files
  increment(tally.licences, read.licence)
  for (const person of read.people) increment(tally.people, person)
  const known = Object.hasOwn(tally.versions, read.name) ? (tally.versions[read.name] ?? []) : []
  if (!known.includes(read.version)) tally.versions[read.name] = [...known, read.version]
}

function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (Object.hasOwn(counts, key) ? (counts[key] ?? 0) : 0) + 1
}

/** Whether two tallies are equal, in whatever order the packages were read. */
export function sameTally(a: Totals, b: Totals): boolean {
  return isDeepStrictEqual(inOrder(a), inOrder(b))
}

function inOrder(tally: Totals): Totals {
  const versions = Object.entries(tally.versions).map(([name, list]) => [name, [...list].sort()] as const)
  const malformed = [...tally.malformed].sort((a, b) => a.folder.localeCompare(b.folder))
  return { ...tally, versions: Object.fromEntries(versions), malformed }
}

/** The packages that are installed in more than one version, most versions first. */
export function duplicatesOf(tally: Totals): [name: string, versions: string[]][] {
  return Object.entries(tally.versions)
    .filter(([, versions]) => versions.length > 1)
    .map(([name, versions]): [string, string[]] => [name, [...versions].sort(byNumbers)])
    .sort(([nameA, a], [nameB, b]) => b.length - a.length || nameA.localeCompare(nameB))
}

const byNumbers = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })

/** The `n` largest counts, and one for the rest. */
export function largest(counts: Readonly<Record<string, number>>, n: number): [name: string, count: number][] {
  const sorted = Object.entries(counts).sort(([nameA, a], [nameB, b]) => b - a || nameA.localeCompare(nameB))
  const rest = sorted.slice(n)
  const others = rest.reduce((sum, [, count]) => sum + count, 0)
  return rest.length === 0 ? sorted : [...sorted.slice(0, n), [`${rest.length} others`, others]]
}
