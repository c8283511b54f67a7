import type { Instead as Found } from '../advice'
import type { CheckedGoal } from '../goal'
import type { Trace } from '../trace'
import { Certainty } from './certainty'
import type { Lab } from './lab'
import { offeredLoad, peakLoad } from './offered-load'
import { kindsFor, type QueueKind } from './queue-kind'
import { AS_IT_WAS } from './scene'
import { smallest } from './sizes'

/** Speeds are tried in steps of 5 %, up to 16 times. */
const STEP = 1.05
const STEPS = Math.ceil(Math.log(16) / Math.log(STEP))
/** More members are not simulated. */
const MOST_MEMBERS = 10_000

/** Looks for what would meet a goal that no setting meets. */
export class Instead {
  readonly #certainty: Certainty

  constructor(
    lab: Lab,
    private readonly goal: CheckedGoal,
    private readonly trace: Trace,
  ) {
    this.#certainty = new Certainty(lab, goal)
  }

  /** @param kinds the places of the kinds of queue that are tried, in `kindsFor` */
  async find(kinds: readonly number[]): Promise<Found> {
    const [members, speeds] = await Promise.all([
      Promise.all(kinds.map((kind) => this.#members(this.#kind(kind, 1)))),
      Promise.all(kinds.map((kind) => this.#speed(kind))),
    ])
    return { members: least(members), speed: least(speeds) }
  }

  async #members(kind: QueueKind): Promise<number | null> {
    const low = this.goal.maxSize + 1
    // In another order, more requests may run at once.
    const high = Math.min(MOST_MEMBERS, Math.ceil(peakLoad(this.trace) * 1.5))
    const isSure = (size: number): Promise<boolean> => this.#certainty.isSure({ size, kind })
    // If even this many are too few, the time goes by elsewhere: in handlers, or in keys.
    if (high < low || !(await isSure(high))) return null
    return smallest(isSure, { low, high, guess: Math.ceil(offeredLoad(this.trace)) })
  }

  async #speed(kind: number): Promise<number | null> {
    const { maxSize: size } = this.goal
    const tooMany = Math.log(offeredLoad(this.trace) / size) / Math.log(STEP)
    const isSure = (steps: number): Promise<boolean> => {
      const speed = speedOf(steps)
      return this.#certainty.isSure({ size, kind: this.#kind(kind, speed) }, { ...AS_IT_WAS, speed })
    }
    const steps = await smallest(isSure, { low: 1, high: STEPS, guess: Math.ceil(tooMany) })
    return steps === null ? null : speedOf(steps)
  }

  #kind(kind: number, speed: number): QueueKind {
    return kindsFor(this.goal, this.trace, speed)[kind] as QueueKind
  }
}

/** Two digits, rounded up: what is said is what was tried. */
function speedOf(steps: number): number {
  return Math.ceil(STEP ** steps * 100) / 100
}

function least(found: readonly (number | null)[]): number | null {
  return found.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b)), null)
}
