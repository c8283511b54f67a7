import { type Nanos } from '@genpool/runtime'

/** The targets of one side. */
export interface PieTarget {
  readonly target: Nanos
  readonly interval: Nanos
}

/** The weights of error and trend: 0.125 and 1.25 per second. */
const ERROR_NS = 8e9
const TREND_NS = 0.8e9

/** A small probability changes in smaller steps: [below this, divide by that]. */
const SCALES: readonly (readonly [number, number])[] = [
  [1e-6, 2048],
  [1e-5, 512],
  [1e-4, 128],
  [1e-3, 32],
  [0.01, 8],
  [0.1, 2],
]

/** PIE's control law for one side: it turns waits into the probability of a refusal. */
export class PieController {
  #drop = 0
  /** The wait at the last update; NaN before the first. */
  #last = NaN
  /** How much longer a burst may pass. */
  #allowance: Nanos
  #updatedAt: Nanos
  #rules: PieTarget

  constructor(rules: PieTarget, now: Nanos) {
    this.#rules = rules
    this.#allowance = rules.interval
    this.#updatedAt = now
  }

  /** Updates the probability; returns the published one. */
  update(sojourn: Nanos, now: Nanos): number {
    if (Number.isNaN(this.#last)) {
      this.#last = sojourn
      this.#updatedAt = now
    }
    const change = (sojourn - this.#rules.target) / ERROR_NS + (sojourn - this.#last) / TREND_NS
    this.#drop = Math.min(1, Math.max(0, this.#drop + change / this.#scale()))
    if (sojourn === 0 && this.#last === 0) this.#drop *= 0.98
    this.#allowance = Math.max(0, this.#allowance - (now - this.#updatedAt))
    this.#last = sojourn
    this.#updatedAt = now
    return this.gate(sojourn)
  }

  /** Returns the published probability for this wait; the internal one stays. */
  gate(sojourn: Nanos): number {
    const half = Math.floor(this.#rules.target / 2)
    const wasShort = this.#last < half
    if (this.#drop === 0 && sojourn < half && wasShort) {
      this.#allowance = this.#rules.interval
      return 0
    }
    if (this.#allowance > 0 || (wasShort && this.#drop < 0.2)) return 0
    return this.#drop
  }

  /** Takes new rules and keeps the state; returns the published probability. */
  configure(rules: PieTarget): number {
    const shift = rules.interval - this.#rules.interval
    this.#rules = rules
    if (Number.isNaN(this.#last)) {
      this.#allowance = rules.interval
      return 0
    }
    if (this.#allowance > 0) this.#allowance = Math.max(0, this.#allowance + shift)
    return this.gate(this.#last)
  }

  #scale(): number {
    return SCALES.find(([below]) => this.#drop < below)?.[1] ?? 1
  }
}
