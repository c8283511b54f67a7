import type { CheckedGoal } from '../goal'
import type { Lab } from './lab'
import { AS_IT_WAS, type Scene } from './scene'
import type { Setting } from './setting'

/** Looks at how sure it is that settings meet the goal: on how many of the resampled traces they do. */
export class Certainty {
  constructor(
    private readonly lab: Lab,
    private readonly goal: Pick<CheckedGoal, 'confidence' | 'resamples'>,
  ) {}

  /** Whether it meets the goal on the trace, and on enough of the others. Stops as soon as that is known. */
  async isSure(setting: Setting, scene: Scene = AS_IT_WAS): Promise<boolean> {
    const { confidence, resamples } = this.goal
    if (!(await this.lab.meets(setting, scene))) return false
    const allowed = Math.floor((1 - confidence) * resamples + 1e-9)
    let failed = 0
    // Always in the same steps, so that the number of threads does not matter.
    for (let from = 0; from < resamples && failed <= allowed; from += 5) {
      failed += (await this.#passes(setting, scene, from, Math.min(resamples, from + 5))).filter((ok) => !ok).length
    }
    return failed <= allowed
  }

  /** The share of the resampled traces on which it meets the goal, 0 to 1. */
  async share(setting: Setting): Promise<number> {
    const { resamples } = this.goal
    if (resamples === 0) return (await this.lab.meets(setting)) ? 1 : 0
    return (await this.#passes(setting, AS_IT_WAS, 0, resamples)).filter((ok) => ok).length / resamples
  }

  #passes(setting: Setting, scene: Scene, from: number, to: number): Promise<boolean[]> {
    const indexes = Array.from({ length: to - from }, (_, i) => from + i)
    return Promise.all(indexes.map((resample) => this.lab.meets(setting, { ...scene, resample })))
  }
}
