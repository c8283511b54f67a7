import type { Patch } from 'immer'
import { diff } from './diff'

/**
 * The last values of a cell, so that a reader who is some versions behind can catch up with patches.
 *
 * Values are kept, and not patches: values share their unchanged parts, so keeping one is one pointer, and a commit pays
 * nothing for a reader that never comes. The patches are made when somebody asks, by comparing what is not shared.
 */
export class History<S> {
  readonly #values: S[] = []
  /** The oldest version that is kept, if any is. */
  #first = 0

  /** @param size how many past values to keep */
  constructor(private readonly size: number) {}

  /** Keeps the value of `version`, which is one more than that of the call before. */
  push(version: number, value: S): void {
    if (this.#values.length === 0) this.#first = version
    this.#values[version % this.size] = value
    if (version - this.#first >= this.size) this.#first = version - this.size + 1
  }

  /** Patches from `version` to `latest`, or undefined if that version is not kept. */
  patchesSince(version: number, latestVersion: number, latest: S): readonly Patch[] | undefined {
    if (version === latestVersion) return []
    if (this.#values.length === 0 || !(version >= this.#first && version < latestVersion)) return undefined
    return diff(this.#values[version % this.size], latest)
  }

  /** Forgets everything. */
  clear(): void {
    this.#values.length = 0
  }
}
