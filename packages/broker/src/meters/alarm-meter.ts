import { checkTime, type Nanos, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { toNanos } from '../queues/leaf-options'
import { type Meter, type Sample } from './meter'

const alarmShape = {
  target: z.number().default(100).describe('A delay or wait of this length or longer counts as slow, in milliseconds.'),
  interval: z
    .number()
    .positive()
    .default(1000)
    .describe('How long it must stay slow (or fast) before the alarm is set (or cleared), in milliseconds.'),
}

/** Options of an `overloadMeter`. */
export const overloadMeterOptions = z.strictObject({
  type: z.literal('overload').default('overload'),
  alarm: z.string().default('overload').describe('The name of the alarm.'),
  ...alarmShape,
})
export type OverloadMeterOptions = z.input<typeof overloadMeterOptions>

/** Options of an `underloadMeter`. */
export const underloadMeterOptions = z.strictObject({
  type: z.literal('underload').default('underload'),
  alarm: z.string().default('underload').describe('The name of the alarm.'),
  ...alarmShape,
})
export type UnderloadMeterOptions = z.input<typeof underloadMeterOptions>

/** Reports that an alarm was set or cleared. */
export interface AlarmEvent {
  readonly alarm: string
  readonly kind: 'set' | 'clear'
}

interface AlarmRules {
  readonly alarm: string
  readonly target: Nanos
  readonly interval: Nanos
}

/** The difference between the two alarms: what they measure, and how their options are checked. */
interface AlarmKind {
  /** How often to check a set alarm without a match; null if only a match can clear it. */
  readonly lookAgain: Nanos | null
  measure(sample: Sample): Nanos
  check(options: unknown): AlarmRules
}

const NO_EVENTS: readonly AlarmEvent[] = Object.freeze([])

/** Sets an alarm after a slow interval, and clears it after a fast one. */
export class AlarmMeter implements Meter {
  /** The changes of the alarm in the last call; replaced by the next call. */
  events: readonly AlarmEvent[]
  wakeAt: Nanos | null = null
  /** Whether the alarm is set. */
  active = false
  #rules: AlarmRules
  /** When the alarm changes if nothing else happens. */
  #timer: Nanos = Infinity
  readonly #kind: AlarmKind

  constructor(kind: AlarmKind, options: unknown) {
    this.#kind = kind
    this.#rules = kind.check(options)
    this.events = [{ alarm: this.alarm, kind: 'clear' }]
  }

  /** The name of the alarm. */
  get alarm(): string {
    return this.#rules.alarm
  }

  /** When to check again whether the alarm changes; `Infinity` for never. */
  lookAt(now: Nanos): Nanos {
    if (this.wakeAt !== null) return this.wakeAt
    return this.active && this.#kind.lookAgain !== null ? now + this.#kind.lookAgain : Infinity
  }

  update(sample: Sample, now: Nanos): void {
    this.events = NO_EVENTS
    const slow = this.#kind.measure(sample) >= this.#rules.target
    if (slow === this.active) this.#timer = Infinity
    else if (this.#timer === Infinity) this.#timer = now + this.#rules.interval
    else if (this.#timer <= now) this.#change(slow)
    this.wakeAt = this.#timer === Infinity ? null : this.#timer
  }

  timeout(now: Nanos): void {
    this.events = NO_EVENTS
    this.#report(now)
  }

  configure(options: unknown, now: Nanos): void {
    const before = this.#rules
    this.#rules = this.#kind.check(options)
    this.events = NO_EVENTS
    if (before.alarm === this.alarm) this.#timer += this.#rules.interval - before.interval
    else {
      const raised: AlarmEvent[] = this.active ? [{ alarm: before.alarm, kind: 'clear' }] : []
      this.events = [...raised, { alarm: this.alarm, kind: 'clear' }]
      this.active = false
      this.#timer = Infinity
    }
    this.#report(now)
  }

  #change(active: boolean): void {
    this.active = active
    this.#timer = Infinity
    this.events = [{ alarm: this.alarm, kind: active ? 'set' : 'clear' }]
  }

  #report(now: Nanos): void {
    this.wakeAt = this.#timer === Infinity ? null : Math.max(now, this.#timer)
  }
}

function toRules({
  alarm,
  target,
  interval,
}: z.output<typeof overloadMeterOptions | typeof underloadMeterOptions>): AlarmRules {
  return { alarm, target: toNanos(target), interval: toNanos(interval) }
}

const OVERLOAD: AlarmKind = {
  lookAgain: toNanos(100),
  measure: (sample) => sample.queueDelay,
  check: (options) => toRules(parseOptions(overloadMeterOptions, options, 'options of an overload meter')),
}

const UNDERLOAD: AlarmKind = {
  lookAgain: null,
  measure: (sample) => -sample.relativeTime,
  check: (options) => toRules(parseOptions(underloadMeterOptions, options, 'options of an underload meter')),
}

/**
 * A meter that sets an alarm while the event loop is late.
 *
 * @param options milliseconds; `alarm` "overload", `target` 100, `interval` 1000
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sbroker_overload_meter
 * @example const meter = overloadMeter({ type: 'overload', alarm: 'busy', target: 100 }, 0)
 */
export function overloadMeter(options: OverloadMeterOptions, now: Nanos): AlarmMeter {
  checkTime('overloadMeter', now)
  return new AlarmMeter(OVERLOAD, options)
}

/**
 * A meter that sets an alarm while members wait long for requests.
 *
 * @param options milliseconds; `alarm` "underload", `target` 100 (may be negative), `interval` 1000
 * @throws {OptionsError} if an option is unknown or out of range; nothing is created
 * @see sregulator_underload_meter
 * @example const meter = underloadMeter({ type: 'underload', alarm: 'idle', target: 100 }, 0)
 */
export function underloadMeter(options: UnderloadMeterOptions, now: Nanos): AlarmMeter {
  checkTime('underloadMeter', now)
  return new AlarmMeter(UNDERLOAD, options)
}
