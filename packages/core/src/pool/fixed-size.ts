import type { SizePolicy } from './ports'

/** A number of members that changes only by `resize`. */
export function fixedSize(size: () => number, roster: { resize(size: number): void }): SizePolicy {
  return {
    populate: () => roster.resize(size()),
    mayEnd: () => false,
    end: () => undefined,
  }
}
