import type { Fault, Nanos } from '@genpool/runtime'
import { OverloadAlarm } from '../policies/alarm/overload-alarm'
import { Concurrency } from '../policies/concurrency/concurrency'
import { Door } from '../policies/door/door'
import { Size } from '../policies/elastic/size'
import { Pause } from '../policies/pause/pause'
import { faultOfHeapLimit, recycles } from '../policies/recycling/recycle-options'
import { Recycling } from '../policies/recycling/recycling'
import { StuckWatch } from '../policies/stuck-watch/stuck-watch'
import type { Kernel } from '../pool/kernel'
import type { PolicyFigures } from '../views/pool-view'
import { concurrencyOf } from './combined-options'
import type { CheckedPoolOptions } from './options'
import type { Publisher } from '../views/telemetry/publisher'
import { PolicyPorts } from './policy-ports'

/** A rule that options switch on and off. It attaches itself where it takes part. */
export interface Policy {
  configure(options: CheckedPoolOptions): void
  /** What it shows of itself. */
  figures?(now: Nanos): PolicyFigures
  relearn?(): void
  /** The pool stops. */
  end?(): void
}

/** A policy that is made when options first ask for it: a pool pays only for what it uses. */
export interface PolicyLine {
  wanted(options: CheckedPoolOptions): boolean
  /** Why it cannot do what the options want; undefined if it can. `sharesHeap`: all members are in this thread */
  fault?(options: CheckedPoolOptions, sharesHeap: boolean): Fault | undefined
  make(pool: PolicyPorts): Policy
}

const door: PolicyLine = {
  wanted: ({ breaker, throttle }) => breaker !== false || throttle !== false,
  make: (pool) => new Door(pool),
}

const concurrency: PolicyLine = {
  wanted: (options) => concurrencyOf(options) !== null,
  make(pool) {
    const limit = new Concurrency(pool)
    return {
      configure: (options) => limit.configure(concurrencyOf(options)),
      figures: () => ({ concurrency: limit.figures }),
      relearn: () => limit.relearn(),
    }
  },
}

const pause: PolicyLine = {
  wanted: ({ paused }) => paused,
  make(pool) {
    const policy = new Pause(pool)
    return { configure: ({ paused }) => policy.configure(paused), figures: () => ({ paused: policy.holds }) }
  },
}

const alarm: PolicyLine = {
  wanted: (options) => options.alarm !== false,
  make(pool) {
    const overload = new OverloadAlarm(pool)
    return {
      configure: (options) => overload.configure(options.alarm),
      figures: () => ({ overloaded: overload.isSet }),
      end: () => overload.end(),
    }
  },
}

const stuckWatch: PolicyLine = {
  wanted: ({ stuckAfter }) => stuckAfter !== Infinity,
  make(pool) {
    const watch = new StuckWatch(pool)
    return { configure: ({ stuckAfter }) => watch.configure(stuckAfter) }
  },
}

const recycling: PolicyLine = {
  wanted: ({ recycle }) => recycles(recycle),
  fault: ({ recycle }, sharesHeap) => faultOfHeapLimit(recycle, sharesHeap),
  make(pool) {
    const policy = new Recycling(pool)
    return { configure: ({ recycle }) => policy.configure(recycle) }
  },
}

const size: PolicyLine = {
  wanted: (options) => typeof options.size === 'object',
  make(pool) {
    const policy = new Size(pool)
    return { configure: (options) => policy.configure(options.size) }
  },
}

/** All policies of a pool, in the order in which they take part. To add one: a folder in policies/, and a line here. */
const POLICIES: readonly PolicyLine[] = [door, concurrency, pause, alarm, stuckWatch, recycling, size]

/** Which policies cannot do what the options want. */
export function faultsOfPolicies(options: CheckedPoolOptions, sharesHeap: boolean): readonly Fault[] {
  return POLICIES.map((policy) => policy.fault?.(options, sharesHeap)).filter((fault) => fault !== undefined)
}

/** The policies that the options of one pool have asked for. */
export class Policies {
  /** Made with the first policy. */
  #made: Map<PolicyLine, Policy> | null = null

  constructor(
    private readonly kernel: Kernel,
    private readonly publisher: Publisher,
  ) {}

  /** Applies options. Makes the policies that they ask for and that are not there yet. */
  configure(options: CheckedPoolOptions): void {
    for (const line of POLICIES) {
      if (line.wanted(options)) this.makeOnce(line)
      this.#made?.get(line)?.configure(options)
    }
  }

  private makeOnce(line: PolicyLine): void {
    const made = (this.#made ??= new Map())
    if (!made.has(line)) made.set(line, line.make(new PolicyPorts(this.kernel, this.publisher)))
  }

  figures(now: Nanos): PolicyFigures {
    return Object.assign({}, ...this.all.map((policy) => policy.figures?.(now))) as PolicyFigures
  }

  relearn(): void {
    for (const policy of this.all) policy.relearn?.()
  }

  end(): void {
    for (const policy of this.all) policy.end?.()
  }

  private get all(): readonly Policy[] {
    return this.#made === null ? [] : [...this.#made.values()]
  }
}
