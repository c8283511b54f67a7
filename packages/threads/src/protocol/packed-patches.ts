import type { Patch } from '@genpool/state-ane'

const OPS = ['replace', 'add', 'remove'] as const

/** Adds patches to a flat list: how many, then of each its kind, the length of its path, the path, and the value. */
export function packPatches(packed: unknown[], patches: readonly Patch[]): void {
  packed.push(patches.length)
  for (const { op, path, value } of patches) packed.push(OPS.indexOf(op), path.length, ...path, value)
}

/** The patches that begin at `from`, and where they end. */
export function unpackPatches(packed: readonly unknown[], from: number): readonly [patches: Patch[], end: number] {
  const patches: Patch[] = []
  let i = from + 1
  for (let left = packed[from] as number; left > 0; left--) {
    const op = OPS[packed[i] as number] ?? 'replace'
    const end = i + 2 + (packed[i + 1] as number)
    const path = packed.slice(i + 2, end) as Patch['path']
    const value = packed[end]
    patches.push(op === 'remove' && value === undefined ? { op, path } : { op, path, value })
    i = end + 1
  }
  return [patches, i]
}
