import { nothing, type Objectish, type Patch } from 'immer'
import { applyPatches } from './own-names'

/** Applies patches to a draft, or to a value that has none. */
export function redo<S>(draft: unknown, patches: readonly Patch[]): S | undefined {
  const whole = patches.findLastIndex(({ path }) => path.length === 0)
  if (whole < 0) return void applyPatches(draft as Objectish, patches)
  const value = (patches[whole] as Patch).value as Objectish | undefined
  const rest = patches.slice(whole + 1)
  // A recipe that returns undefined changes nothing.
  if (value === undefined) return nothing as never
  return (rest.length === 0 ? value : applyPatches(value, rest)) as S
}
