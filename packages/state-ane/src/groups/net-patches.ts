import type { Patch } from 'immer'

const SEPARATOR = '\0'

/**
 * Returns the patches of several commits one after another as one list that does the same. It is shorter where it can be.
 *
 * If one replaced the whole value, the last value counts. If all only replaced parts, the last value of each part counts.
 *
 * @param commits the patches of each commit; undefined if it replaced the whole value
 * @param value the value that they lead to
 */
export function netPatches(commits: readonly (readonly Patch[] | undefined)[], value: unknown): readonly Patch[] {
  if (commits.length === 1 && commits[0] !== undefined) return commits[0]
  if (commits.some((patches) => patches === undefined || patches.some(isWhole)))
    return [{ op: 'replace', path: [], value }]
  const all = commits.flat() as Patch[]
  return onlyLast(all) ?? all
}

function isWhole({ path }: Patch): boolean {
  return path.length === 0
}

/** The last patch of each path; undefined if the order of the patches matters. */
function onlyLast(patches: readonly Patch[]): readonly Patch[] | undefined {
  const byPath = new Map<string, Patch>()
  for (const patch of patches) {
    const name = nameOf(patch)
    if (name === undefined) return undefined
    byPath.set(name, patch)
  }
  for (const name of byPath.keys()) {
    for (let end = name.lastIndexOf(SEPARATOR); end > 0; end = name.lastIndexOf(SEPARATOR, end - 1))
      // A part, and something in it: one needs the other.
      if (byPath.has(name.slice(0, end))) return undefined
  }
  return [...byPath.values()]
}

/** The path as text; undefined if the patch changes the shape of what it is in, or its path has no such text. */
function nameOf({ op, path }: Patch): string | undefined {
  if (op !== 'replace' || path.at(-1) === 'length') return undefined
  let name = ''
  // The key of a map may be anything.
  for (const key of path as readonly unknown[]) {
    if (typeof key === 'number') name += `${SEPARATOR}#${key}`
    else if (typeof key === 'string' && !key.includes(SEPARATOR)) name += `${SEPARATOR}$${key}`
    else return undefined
  }
  return name
}
