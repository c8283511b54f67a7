import { applyPatches as immersApplyPatches, isDraft, type Objectish, type Patch, produce } from 'immer'

/**
 * Applies patches to a draft or a value, as immer's `applyPatches` does. A path may lead through a property `constructor` that
 * the value itself has: immer refuses each of that name.
 *
 * @throws {TypeError} if a path leads through `constructor` where the value has no such part
 */
export function applyPatches<T extends Objectish>(base: T, patches: readonly Patch[]): T {
  if (patches.every(({ path }) => lastThrough(path) < 0)) return immersApplyPatches(base, patches)
  if (isDraft(base)) return applyEach(base, patches)
  return produce(base, (draft) => void applyEach(draft as T, patches))
}

type Path = Patch['path']

/** Where a path leads through the name for the last time; -1 if it does not. */
function lastThrough(path: Path): number {
  return path.length < 2 ? -1 : path.lastIndexOf('constructor', -2)
}

function applyEach<T extends Objectish>(draft: T, patches: readonly Patch[]): T {
  for (const patch of patches) {
    const depth = lastThrough(patch.path) + 1
    immersApplyPatches(partAt(draft, patch.path.slice(0, depth)), [{ ...patch, path: patch.path.slice(depth) }])
  }
  return draft
}

function partAt(draft: Objectish, path: Path): Objectish {
  let part: unknown = draft
  for (const key of path) {
    part = part instanceof Map ? part.get(key) : ownOf(part as Readonly<Record<string, unknown>>, key)
    if (!isDraft(part)) throw new TypeError(`a path leads through "${String(key)}", where the value has no part`)
  }
  return part as Objectish
}

function ownOf(part: Readonly<Record<string, unknown>>, key: string | number): unknown {
  return Object.hasOwn(part, key) ? part[key] : undefined
}
