import type { Patch } from 'immer'
import { needsIdentity } from '../cells/identity'

/** Whether the patch means the same where it arrives. Immer takes any key in a path for a text, if it is no number. */
export function crosses(patch: Patch): boolean {
  return !needsIdentity(patch) && (patch.path as readonly unknown[]).every(isPlainKey)
}

function isPlainKey(key: unknown): boolean {
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'symbol'
}

/** What leads to `value` elsewhere: these patches, or the value as a whole. */
export function crossing(patches: readonly Patch[], value: unknown): readonly Patch[] {
  return patches.every(crosses) ? patches : [{ op: 'replace', path: [], value }]
}
