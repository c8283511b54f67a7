import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { GradientRules } from './gradient-options'

/** A window has at least this many runs, or as many as may work at once. */
const FEWEST_RUNS = 20
/** The least number of run times between two probes. A probe lasts about one run, so it costs at most 1 % of the time. */
const RUNS_BETWEEN_PROBES = 100
/** While the floor is a guess, probes come after this share of the usual time. */
const SOON = 0.1
/** The floor was a guess if runs take less than this share of it when half as many work. */
const SHORTER = 0.9
/** How far a window without load moves the floor. Less than 1, since one window may mislead. */
const FORGETTING = 0.5
/** How far a window with load moves the floor down. It is small, since the window may have been short by chance. */
const TRUST = 0.1
/** One window lowers the limit at most to this share, however long runs take. */
const STEEPEST = 0.5

/**
 * Learns from run times how many members may work at once. Pure: the time is an argument, in nanoseconds that never
 * decrease.
 *
 * The mean run time of a window is compared with the floor, which is the run time without load. If runs take longer than
 * `tolerance` times the floor, they wait for each other somewhere, and the limit falls in proportion. Otherwise it grows by
 * its square root, which is also the queue that is allowed at the bottleneck. It grows only while it is reached.
 *
 * Under constant load the floor cannot be measured: an average would rise with the run times, and the limit with it. So the
 * floor follows only windows in which at most half of the limit is used: in calm times, and in a probe, which halves the
 * limit for one window. This is how the limit adapts to a backend that has become slower for good.
 *
 * @see Netflix, concurrency-limits (Gradient2), for gradient and queue; BBR (Cardwell et al., ACM Queue 2016), for the probe
 */
export class GradientLimit {
  #rules: GradientRules
  /** The limit without rounding and without probes. */
  #estimate: number
  #floor: Nanos = 0
  /** Whether the floor may have been measured under load. */
  #guessed = true
  #probing = false
  #probeAt: Nanos
  /** The window: its start, its runs, their total time, and the most members that worked at once. */
  #since: Nanos
  #runs = 0
  #time: Nanos = 0
  #peak = 0
  /** Whether only runs that began in this window count: earlier ones had another limit. */
  #onlyNew = false

  constructor(rules: GradientRules, now: Nanos) {
    this.#rules = rules
    this.#since = now
    this.#estimate = this.#bounded(rules.initial)
    this.#probeAt = now + SOON * rules.probe * NS_PER_MS
  }

  /** How many may work at once. */
  get limit(): number {
    return this.#probing ? this.#half : Math.floor(this.#estimate)
  }

  /** How long a run takes without load, as far as known; 0 at the start. */
  get floor(): Nanos {
    return this.#floor
  }

  /** Reports how long a run took, and how many worked at once, including this one. */
  finished(runNs: Nanos, working: number, now: Nanos): void {
    if (this.#onlyNew && now - runNs < this.#since) return
    this.#runs++
    this.#time += runNs
    this.#peak = Math.max(this.#peak, working)
    const enough = this.#runs >= Math.max(FEWEST_RUNS, this.limit)
    if (enough && now - this.#since >= this.#rules.window * NS_PER_MS) this.#conclude(now)
  }

  /** Forgets everything learnt, and starts again. */
  relearn(now: Nanos): void {
    this.#estimate = this.#bounded(this.#rules.initial)
    this.#floor = 0
    this.#guessed = true
    this.#probing = false
    this.#beginWindow(now, true)
    this.#planProbe(now)
  }

  /** Applies new rules and keeps what was learnt. */
  configure(rules: GradientRules, now: Nanos): void {
    this.#rules = rules
    this.#estimate = this.#bounded(this.#estimate)
    this.#probeAt = Math.min(this.#probeAt, now + rules.probe * NS_PER_MS)
  }

  /** The limit while the floor is measured. */
  get #half(): number {
    return Math.max(this.#rules.min, Math.floor(this.#estimate / 2))
  }

  #bounded(limit: number): number {
    return Math.min(this.#rules.max, Math.max(this.#rules.min, limit))
  }

  #conclude(now: Nanos): void {
    const mean = this.#time / this.#runs
    const calm = this.#peak <= this.#half && this.#peak < this.limit
    if (this.#floor === 0) {
      this.#floor = mean
      return this.#beginWindow(now, false)
    }
    if (this.#probing || calm) {
      this.#learn(mean)
      this.#planProbe(now)
      this.#probing = false
      return this.#beginWindow(now, false)
    }
    if (mean < this.#floor) this.#floor += TRUST * (mean - this.#floor)
    this.#move(mean)
    this.#probing = now >= this.#probeAt
    this.#beginWindow(now, this.#probing)
  }

  #learn(mean: Nanos): void {
    const shorter = mean < SHORTER * this.#floor
    this.#floor = this.#guessed ? mean : this.#floor + FORGETTING * (mean - this.#floor)
    this.#guessed = shorter
  }

  #move(mean: Nanos): void {
    const { tolerance, smoothing } = this.#rules
    const gradient = Math.min(1, Math.max(STEEPEST, (tolerance * this.#floor) / mean))
    const room = this.#peak >= this.limit ? Math.sqrt(this.#estimate) : 0
    const target = this.#estimate * gradient + room
    this.#estimate = this.#bounded(this.#estimate + smoothing * (target - this.#estimate))
  }

  #planProbe(now: Nanos): void {
    const usual = Math.max(this.#rules.probe * NS_PER_MS, RUNS_BETWEEN_PROBES * this.#floor)
    this.#probeAt = now + (this.#guessed ? SOON : 1) * usual
  }

  #beginWindow(now: Nanos, onlyNew: boolean): void {
    this.#since = now
    this.#runs = this.#time = this.#peak = 0
    this.#onlyNew = onlyNew
  }
}
