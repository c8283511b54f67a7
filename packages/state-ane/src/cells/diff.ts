import type { Patch } from 'immer'
import { isPlain } from './data'

type Path = readonly (string | number)[]
type Plain = Readonly<Record<string, unknown>>

/**
 * Returns the patches that turn one frozen value into another. Skips the parts that both values share.
 *
 * The patches have immer's format, and immer's `applyPatches` applies them. It compares the content of plain objects and arrays. Any
 * other value (map, set, date, class instance) is replaced as a whole.
 */
export function diff(from: unknown, to: unknown): Patch[] {
  const patches: Patch[] = []
  compare(from, to, [], patches)
  return patches
}

function compare(from: unknown, to: unknown, path: Path, patches: Patch[]): void {
  if (Object.is(from, to)) return
  if (Array.isArray(from) && Array.isArray(to)) compareArrays(from, to, path, patches)
  else if (isPlain(from) && isPlain(to)) compareObjects(from, to, path, patches)
  else patches.push({ op: 'replace', path: [...path], value: to })
}

function compareArrays(from: readonly unknown[], to: readonly unknown[], path: Path, patches: Patch[]): void {
  const common = Math.min(from.length, to.length)
  for (let i = 0; i < common; i++) {
    if (!Object.is(from[i], to[i])) compare(from[i], to[i], [...path, i], patches)
  }
  for (let i = common; i < to.length; i++) patches.push({ op: 'add', path: [...path, i], value: to[i] })
  if (to.length < from.length) patches.push({ op: 'replace', path: [...path, 'length'], value: to.length })
}

function compareObjects(from: Plain, to: Plain, path: Path, patches: Patch[]): void {
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(to, key)) patches.push({ op: 'remove', path: [...path, key] })
  }
  for (const key of Object.keys(to)) {
    if (Object.is(from[key], to[key]) && Object.hasOwn(from, key)) continue
    if (Object.hasOwn(from, key)) compare(from[key], to[key], [...path, key], patches)
    else patches.push({ op: 'add', path: [...path, key], value: to[key] })
  }
}
