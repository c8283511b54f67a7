import { getOptions, type HereRef } from '@genpool/core'
import { sharedCellOf } from '@genpool/core/elsewhere'
import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import { hashOf } from '../nodes/hash'
import { placeOf } from '../places'
import type { StateAt } from '../wire/frames'

/** A version that was answered elsewhere is mostly on its way already. */
const PATIENCE_MS = 20
/** How long the server is asked for it then. */
const ASK_MS = 1000

/** The state that a pool shares with those of other machines, and which version of it is here. */
export class SharedState {
  #placeHash: number | undefined

  private constructor(
    private readonly pool: HereRef,
    private readonly place: string,
    private readonly clock: Clock,
  ) {}

  /** Null if the state of a pool is its own. */
  static of(pool: HereRef, clock: Clock): SharedState | null {
    const { state } = getOptions(pool)
    const store = typeof state === 'object' ? state.store : undefined
    const place = store === undefined ? undefined : placeOf(store)
    return place === undefined ? null : new SharedState(pool, place, clock)
  }

  /** Which version is here; undefined before there is a state, and after the store was destroyed. */
  get at(): StateAt | undefined {
    const cell = this.#cell
    if (cell === undefined) return undefined
    try {
      return { place: (this.#placeHash ??= this.#hashed(cell)), version: cell.version }
    } catch {
      return undefined
    }
  }

  /** Whether a caller has seen a later version. */
  isBehind({ place, version }: StateAt): boolean {
    const here = this.at
    return here !== undefined && here.place === place && here.version < version
  }

  /**
   * Waits until a version is here. Resolves with false if nobody can say whether it is; with true also if there is no such version any
   * more, since somebody has restored the state: the server was asked.
   */
  async reach(version: number): Promise<boolean> {
    try {
      const cell = this.#cell
      if (cell === undefined || (await this.#arrives(cell, version))) return true
      return await this.#within(
        ASK_MS,
        Promise.resolve(cell.fresh?.()).then(() => true),
      )
    } catch {
      return false
    }
  }

  #hashed({ key }: Cell<unknown>): number {
    return hashOf(`${this.place} ${typeof key} ${key}`)
  }

  get #cell(): Cell<unknown> | undefined {
    return sharedCellOf(this.pool)
  }

  async #arrives(cell: Cell<unknown>, version: number): Promise<boolean> {
    if (cell.version >= version) return true
    let off = (): void => undefined
    const seen = new Promise<boolean>((resolve) => {
      off = cell.watch((_, arrived) => {
        if (arrived >= version) resolve(true)
      })
    })
    const inTime = await this.#within(PATIENCE_MS, seen)
    off()
    return inTime
  }

  async #within(ms: number, work: Promise<boolean>): Promise<boolean> {
    let timer: Timer | undefined
    const at = this.clock.now() + ms * NS_PER_MS
    const late = new Promise<boolean>((resolve) => (timer = this.clock.setTimer(at, () => resolve(false))))
    try {
      return await Promise.race([work, late])
    } finally {
      timer?.cancel()
    }
  }
}
