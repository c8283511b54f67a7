import type { Patch } from 'immer'
import { diff } from './diff'

const NONE: never[] = []

/**
 * The last values of a cell, so that a reader that is some versions behind can catch up with patches.
 *
 * It keeps values, not patches. Values share their unchanged parts, so each costs one pointer, and a commit does no work for
 * readers that never come. The patches are computed on demand, by comparing the parts that are not shared.
 */
export class History<S> {
  /** Made with the first one. */
  #values: S[] = NONE
  /** The oldest version that is kept, if any. */
  #first = 0

  /** @param size the number of past values to keep */
  constructor(private readonly size: number) {}

  /** Keeps the value of `version`, which must be one more than in the last call. */
  push(version: number, value: S): void {
    if (this.#values.length === 0) [this.#first, this.#values] = [version, []]
    this.#values[version % this.size] = value
    if (version - this.#first >= this.size) this.#first = version - this.size + 1
  }

  /** Returns the patches from `version` to `latest`, or undefined if that version is not kept. */
  patchesSince(version: number, latestVersion: number, latest: S): readonly Patch[] | undefined {
    if (version === latestVersion) return []
    if (this.#values.length === 0 || !(version >= this.#first && version < latestVersion)) return undefined
    return diff(this.#values[version % this.size], latest)
  }

  /** Drops all values. */
  clear(): void {
    this.#values = NONE
  }
}
