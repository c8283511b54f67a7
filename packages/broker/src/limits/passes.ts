import { type Waiting } from '../queues/waiting'
import { type KeyedLimit } from './keyed-limit'
import { type LimitLane } from './limit-lane'
import { type LimitRules } from './limit-rules'
import { Pass } from './pass'

/** The passes of all requests that wait or run. */
export class Passes<E extends Waiting> {
  readonly #passes = new Map<E, Pass<E>>()

  /** The pass of all requests while nothing but their number counts. */
  readonly #plain = new Pass<E>(null, null, 1, 1)

  constructor(private readonly rules: LimitRules<E>) {}

  get(entry: E): Pass<E> | undefined {
    return this.#passes.get(entry)
  }

  /** The pass of a request; makes it if there is none. @throws {InvalidError} if its key or its cost is wrong */
  of(entry: E): Pass<E> {
    if (this.rules.isPlain) return this.#plain
    let pass = this.#passes.get(entry)
    if (pass === undefined) this.#passes.set(entry, (pass = this.rules.passOf(entry)))
    return pass
  }

  delete(entry: E): void {
    this.#passes.delete(entry)
  }

  /** Forgets a request, and its lanes if nothing is left in them. */
  forget(entry: E, pass: Pass<E>): void {
    this.#passes.delete(entry)
    if (pass.keyed !== null) this.rules.keyed?.forget(pass.keyed)
    if (pass.rated !== null) this.rules.rated?.forget(pass.rated)
  }

  laneIn(limit: KeyedLimit<E>, pass: Pass<E>): LimitLane<E> | null {
    return limit === this.rules.keyed ? pass.keyed : pass.rated
  }

  limitOf(lane: LimitLane<E>, pass: Pass<E>): KeyedLimit<E> {
    return (lane === pass.keyed ? this.rules.keyed : this.rules.rated) as KeyedLimit<E>
  }

  /** Counts a request that stands in the queue; false if it cannot be counted, or may never begin. */
  adopt(entry: E, isBehind: boolean): boolean {
    try {
      const pass = this.of(entry)
      if (isBehind) pass.place = 'behind'
      else pass.enter(entry.priority)
      return true
    } catch {
      return false
    }
  }

  /** Counts anew what runs, since keys, costs or lanes have changed. What waits must be adopted next. */
  countAnew(): void {
    for (const limit of this.rules.all) for (const lane of limit.lanes.values()) lane.reset()
    const before = [...this.#passes]
    this.#passes.clear()
    for (const [entry, { place, beganAt }] of before) {
      if (place === 'running') this.#adoptRunning(entry, beganAt)
    }
  }

  /** Forgets lanes in which nothing is left. */
  trim(): void {
    for (const limit of this.rules.all) for (const lane of [...limit.lanes.values()]) limit.forget(lane)
  }

  #adoptRunning(entry: E, beganAt: number): void {
    try {
      this.of(entry).run(beganAt)
    } catch {
      // It runs, and the new limits cannot count it.
    }
  }
}
