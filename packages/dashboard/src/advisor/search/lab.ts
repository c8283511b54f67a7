import { call, spawnPool } from '@genpool/core'
import { CancelledError } from '@genpool/runtime'
import { threads } from '@genpool/threads'
import { start, stop } from 'nact'
import { availableParallelism } from 'node:os'
import { extname, join } from 'node:path'
import type { CheckedGoal } from '../goal'
import type { Trace } from '../trace'
import { pack } from './packed-trace'
import { AS_IT_WAS, type Scene } from './scene'
import { nameOf, optionsOf, type Setting } from './setting'
import { type Result, runTrial, type Trial } from './trial'
import type trialInThread from './trial-thread'

const THREAD = join(__dirname, `trial-thread${extname(__filename)}`)

type RunTrial = (trial: Trial) => Promise<Result>

/** Tries settings, on all cores, each once. */
export class Lab {
  #doing = ''
  #done = 0
  #begun = 0
  #expected = 0
  readonly #known = new Map<string, Promise<Result>>()
  readonly #system = start()
  readonly #run: RunTrial

  constructor(
    private readonly trace: Trace,
    private readonly goal: CheckedGoal,
  ) {
    const { threads: wanted, options } = goal
    const count = wanted ?? availableParallelism()
    this.#run = count > 0 && isCloneable(options) ? this.#inThreads(count) : this.#here()
  }

  /** How many simulations it has made. */
  get simulations(): number {
    return this.#done
  }

  /** Says what comes next, and about how many simulations that takes. */
  begin(doing: string, simulations: number): void {
    this.#doing = doing
    this.#expected = Math.max(this.#expected, this.#begun + simulations)
  }

  /** Whether a setting meets the goal in a scene. */
  async meets(setting: Setting, scene: Scene = AS_IT_WAS): Promise<boolean> {
    return (await this.#try(setting, scene, false)).meets
  }

  /** The member-seconds of a setting that meets the goal; null if it does not. */
  async cost(setting: Setting): Promise<number | null> {
    const { meets, memberSeconds } = await this.#try(setting, AS_IT_WAS, false)
    return meets ? memberSeconds : null
  }

  /** All figures of a setting in a scene. */
  figures(setting: Setting, scene: Scene = AS_IT_WAS): Promise<Result> {
    return this.#try(setting, scene, true)
  }

  end(): void {
    stop(this.#system)
  }

  #try(setting: Setting, scene: Scene, whole: boolean): Promise<Result> {
    const options = optionsOf(setting, this.goal.options)
    const key = JSON.stringify([setting.size, nameOf(setting), scene])
    const known = this.#known.get(`${key} whole`) ?? (whole ? undefined : this.#known.get(key))
    if (known !== undefined) return known
    const { p99Ms, maxDrops, seed } = this.goal
    const result = this.#observed({ options, scene, whole, seed, target: { p99Ms, maxDrops } })
    this.#known.set(whole ? `${key} whole` : key, result)
    return result
  }

  async #observed(trial: Trial): Promise<Result> {
    const { signal, onProgress } = this.goal
    this.#begun++
    const result = await this.#run(trial)
    if (signal?.aborted === true) throw cancelled(signal)
    this.#done++
    onProgress?.({ done: this.#done, expected: Math.max(this.#expected, this.#begun), doing: this.#doing })
    return result
  }

  #inThreads(count: number): RunTrial {
    const { signal } = this.goal
    const behaviour = threads<typeof trialInThread>(THREAD, { prefetch: 1, workerData: { trace: pack(this.trace) } })
    const pool = spawnPool(this.#system, behaviour, 'advise', { size: count, timeout: Infinity })
    const options = signal === undefined ? {} : { signal }
    return (trial) => call(pool, trial, options)
  }

  /** One after the other: beside each other they would only take more memory. */
  #here(): RunTrial {
    let last: Promise<unknown> = Promise.resolve()
    return (trial) => {
      const result = last.then(() => {
        if (this.goal.signal?.aborted === true) throw cancelled(this.goal.signal)
        return runTrial(this.trace, trial)
      })
      last = result.catch(() => undefined)
      return result
    }
  }
}

export function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError('advise', true, signal.reason)
}

/** Options with functions cannot be sent to a thread. */
function isCloneable(options: object): boolean {
  try {
    structuredClone(options)
    return true
  } catch {
    return false
  }
}
