import type { SizePolicy } from './ports'

/** A fixed size: it changes only by `resize`. */
export function fixedSize(size: () => number, roster: { resize(size: number): void }): SizePolicy {
  return {
    populate: () => roster.resize(size()),
    mayEnd: () => false,
    end: () => undefined,
  }
}
