import type { CellKey } from '@genpool/state-ane'
import type { Content } from './content'

/** How many ended histories an entry names. The oldest ones go first. */
const MOST_ENDED = 32

/** Whoever knows more of a history than this is not asked. */
const ALL = Number.MAX_SAFE_INTEGER

/** How many commits an entry has, of all of its cells. Within one history it never falls. */
function commitsOf({ cells }: Pick<Content, 'cells'>): number {
  let sum = 0
  for (const { version } of cells.values()) sum += version
  return sum
}

/** An entry that does not go on from what is known here: taking it over would lose commits that were answered. */
export class OtherHistory extends Error {
  override readonly name = 'OtherHistory'

  constructor(
    where: string,
    known: Content,
    readonly found: Content,
  ) {
    const there = commitsOf(found)
    const commits = `${there} ${there === 1 ? 'commit' : 'commits'}`
    super(
      `${where} ${whatHappened(known, found, commits)}, and ${commitsOf(known)} are known here. Readers here keep those. Call ` +
        'restore() to write them over what is there, or accept() to take what is there: each does so for all machines',
    )
  }
}

/** Whether another revision goes on from what is known here, or somebody has decided that it counts. */
export function goesOn(known: Content, next: Content): boolean {
  const count = commitsOf(known)
  if (count === 0) return true
  return count <= (isSame(known, next) ? commitsOf(next) : (next.ended.get(known.history) ?? -1))
}

/** Whether somebody has restored less than is known here, and others have committed more to that since. */
export function isNewer(found: Content, known: Content): boolean {
  return isRestored(known, found) && commitsOf(found) >= commitsOf(known)
}

/** What is known here, to be written in place of what was found: it goes on from both. */
export function restoredOver(known: Content, found: Content | undefined): Content {
  const ends = new Map([[known.history, commitsOf(known)]])
  if (found !== undefined && found.history !== known.history) ends.set(found.history, commitsOf(found))
  return begun(known, [known.ended, found?.ended ?? new Map<string, number>(), ends])
}

/** What was found, to be written again: it counts for all who know another history, too. */
export function acceptedFrom(known: Content, found: Content): Content {
  const ends = new Map([
    [found.history, commitsOf(found)],
    [known.history, ALL],
  ])
  return begun(found, [known.ended, found.ended, ends])
}

/** The same values, as the first ones of a new history that goes on from others. */
function begun(content: Content, ends: readonly ReadonlyMap<string, number>[]): Content {
  const ended = new Map<string, number>()
  for (const [history, commits] of ends.flatMap((some) => [...some])) {
    const most = Math.max(ended.get(history) ?? 0, commits)
    ended.delete(history)
    ended.set(history, most)
  }
  ended.delete('')
  for (const oldest of ended.keys()) {
    if (ended.size <= MOST_ENDED) break
    ended.delete(oldest)
  }
  return { ...content, leases: new Map<CellKey, never>(), history: '', ended }
}

/** An entry that an older version of this package has written names no history. */
function isSame(known: Content, next: Content): boolean {
  return known.history === next.history || known.history === '' || next.history === ''
}

function isRestored(known: Content, next: Content): boolean {
  return !isSame(known, next) && next.ended.has(known.history)
}

function whatHappened(known: Content, found: Content, commits: string): string {
  if (isSame(known, found)) return `has gone back: it has ${commits}`
  if (isRestored(known, found)) return `was restored with older values, or went on from them: it has ${commits}`
  return `was made anew: it has ${commits} of another history`
}
