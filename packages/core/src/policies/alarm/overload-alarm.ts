import { type AlarmMeter, overloadMeter } from '@genpool/broker'
import { type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Attaching, Listener, Timers } from '../../pool/ports'
import { alarmOptions, type AlarmRules } from './alarm-options'

/** What an alarm needs of its pool. */
export interface AlarmPorts extends Attaching, Timers {
  readonly stopping: boolean
  /** How many requests wait. */
  readonly waiting: number
  now(): Nanos
  /** How long the oldest request has waited; 0 if none waits. */
  oldestWait(now: Nanos): Nanos
  /** How long the last turn of the event loop took. */
  turnLasted(): Nanos
  alarmChanged(kind: 'set' | 'clear', facts: AlarmFacts): void
}

/** The figures in the events of an alarm. */
interface AlarmFacts {
  readonly alarm: string
  readonly waiting: number
  /** How long the oldest request has waited. */
  readonly oldestMs: number
  /** How late the event loop was. */
  readonly lateMs: number
}

const NAME = 'overload'

/** Sets an alarm while requests wait too long, or while the event loop is late. Off by default. */
export class OverloadAlarm {
  #watch: OverloadWatch | null = null

  constructor(private readonly pool: AlarmPorts) {}

  /** Whether the alarm is set; undefined without one. */
  get isSet(): boolean | undefined {
    return this.#watch?.isSet
  }

  /** @param alarm false for none, true for all defaults */
  configure(alarm: boolean | AlarmRules): void {
    if (alarm === false) return this.end()
    const rules = alarm === true ? alarmOptions.parse({}) : alarm
    if (this.#watch !== null) return this.#watch.configure(rules)
    this.#watch = new OverloadWatch(this.pool, rules)
    this.pool.attach(this.#watch)
  }

  /** Clears the alarm and stops watching. */
  end(): void {
    if (this.#watch === null) return
    this.pool.detach(this.#watch)
    this.#watch.end()
    this.#watch = null
  }
}

/**
 * Sets the alarm after requests have waited too long, or the event loop has been late, for a whole interval. Clears it after
 * a whole interval without either.
 *
 * After a long turn, the loop counts as late for as long as the turn lasted, since there are short turns between two long
 * ones. It checks at the end of each turn in which the pool had work, and with a timer while a change is due.
 */
class OverloadWatch implements Listener {
  readonly #meter: AlarmMeter
  #timer: Timer | null = null
  /** How late the event loop was, and until when that counts. */
  #late: Nanos = 0
  #lateUntil: Nanos = -Infinity

  constructor(
    private readonly pool: AlarmPorts,
    rules: AlarmRules,
  ) {
    this.#meter = overloadMeter({ ...rules, alarm: NAME }, pool.now())
  }

  get isSet(): boolean {
    return this.#meter.active
  }

  turnEnded(now: Nanos): void {
    this.#look(now, this.pool.turnLasted())
  }

  configure(rules: AlarmRules): void {
    const now = this.pool.now()
    this.#meter.configure({ ...rules, alarm: NAME }, now)
    this.turnEnded(now)
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#meter.active) this.pool.alarmChanged('clear', this.#facts(0, 0))
  }

  /** @param delay how late the event loop is now */
  #look(now: Nanos, delay: Nanos): void {
    const late = this.#lateness(now, delay)
    const waited = this.pool.oldestWait(now)
    this.#meter.update({ queueDelay: Math.max(waited, late), processDelay: 0, relativeTime: waited }, now)
    for (const { kind } of this.#meter.events) this.pool.alarmChanged(kind, this.#facts(waited, late))
    this.#arm(this.#meter.lookAt(now), now)
  }

  #lateness(now: Nanos, delay: Nanos): Nanos {
    if (now + delay < this.#lateUntil) return this.#late
    this.#lateUntil = now + delay
    return (this.#late = delay)
  }

  #facts(waited: Nanos, late: Nanos): AlarmFacts {
    return {
      alarm: NAME,
      waiting: this.pool.waiting,
      oldestMs: waited / NS_PER_MS,
      lateMs: late / NS_PER_MS,
    }
  }

  #arm(at: Nanos, now: Nanos): void {
    this.#timer?.cancel()
    this.#timer = null
    if (at === Infinity || this.pool.stopping) return
    this.#timer = this.pool.after((at - now) / NS_PER_MS, () => {
      this.#timer = null
      const then = this.pool.now()
      this.#look(then, Math.max(0, then - at))
    })
  }
}
