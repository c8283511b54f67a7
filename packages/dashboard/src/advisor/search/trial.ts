import type { Prediction } from '../prediction'
import { runSimulation, type SimulatedOptions } from '../simulation'
import type { Trace } from '../trace'
import { type Scene, traceIn } from './scene'
import { meets, type Target, Verdict } from './verdict'

/** One simulation of a search. */
export interface Trial {
  readonly options: SimulatedOptions
  readonly scene: Scene
  readonly target: Target
  readonly seed: number
  /** Whether all figures are wanted. Otherwise it ends as soon as the goal is out of reach. */
  readonly whole: boolean
}

export interface Result {
  readonly meets: boolean
  readonly memberSeconds: number
  /** The share of all requests that were answered in time; only of a whole trial. */
  readonly inTime: number
  /** Only of a whole trial. */
  readonly prediction: Prediction | null
}

export async function runTrial(base: Trace, { options, scene, target, seed, whole }: Trial): Promise<Result> {
  const trace = traceIn(scene, base, seed)
  const verdict = new Verdict(trace.requests.length, target, !whole)
  const prediction = await runSimulation(trace, options, verdict)
  return {
    meets: !verdict.isOver() && meets(prediction, target),
    memberSeconds: prediction.memberSeconds,
    inTime: verdict.inTime / Math.max(1, trace.requests.length),
    prediction: whole ? prediction : null,
  }
}
