import type { Objectish, Patch } from 'immer'
import { frozen } from '../cells/frozen'
import { patched } from '../cells/patched'
import { applyPatches } from './own-names'

/** The value after patches, frozen like the one before. Applied inside of an object, so that a patch may replace the whole value, whatever it is. */
export function applied<S>(value: S, patches: readonly Patch[]): S {
  if (patches.length === 0) return value
  const plainly = patched(value, patches)
  if (plainly !== null) return plainly.next
  const inside = patches.map((patch) => ({ ...patch, path: ['value', ...patch.path] }))
  return frozen(applyPatches({ value } as Objectish & { value: S }, inside).value, value)
}
